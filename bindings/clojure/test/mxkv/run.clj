;; Loads every namespace with reflection warnings as errors, then runs the tests.
;;   clojure.main test/mxkv/run.clj [NAMESPACE …]     all of test/mxkv without arguments
(require '[clojure.java.io :as io]
         '[clojure.string :as string]
         '[clojure.test :as t])

(def warnings (java.io.StringWriter.))

(defn namespaces [folder]
  (let [root (io/file folder)]
    (for [^java.io.File file (sort (file-seq root))
          :let [path (str (.relativize (.toPath root) (.toPath file)))]
          :when (re-find #"\.clj$" path)]
      (-> path (string/replace #"\.clj$" "") (string/replace "/" ".") (string/replace "_" "-") symbol))))

(binding [*err* (io/writer warnings)
          *warn-on-reflection* true]
  (doseq [ns-name (namespaces "src")]
    (require ns-name))
  (.flush *err*))

(when (re-find #"(?i)warning" (str warnings))
  (println (str warnings))
  (println "FAIL: the namespaces above must load without warnings")
  (System/exit 1))

(let [wanted (map symbol *command-line-args*)
      tests (if (seq wanted) wanted (filter #(re-find #"-test$" (name %)) (namespaces "test")))]
  (.addURL ^clojure.lang.DynamicClassLoader (clojure.lang.RT/baseLoader) (.toURL (.toURI (io/file "test/"))))
  (apply require tests)
  (let [result (apply t/run-tests tests)]
    (shutdown-agents)
    (System/exit (if (and (t/successful? result) (pos? (:test result))) 0 1))))
