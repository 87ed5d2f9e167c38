;; Runs the tests of MXNet's own clojure-mxnet on these namespaces.
;;   clojure.main test/mxkv/stock.clj FOLDER COUNT NAME…
;; FOLDER is the root of the original's tests, NAME one of them, such as kvstore-test; together they must run COUNT tests.
;; The files are used as they are, but for what needs symbols (graphs): the require of that namespace and the
;; tests that mention it are left out, and counted.
(require '[clojure.java.io :as io]
         '[clojure.string :as string]
         '[clojure.test :as t]
         '[clojure.walk :as walk])
(import '(java.io PushbackReader))

(def left-out (atom 0))

(defn without-symbols [form]
  (if (and (seq? form) (= 'ns (first form)))
    (walk/postwalk (fn [x]
                     (if (and (seq? x) (= :require (first x)))
                       (remove #(and (vector? %) (re-find #"\.symbol$" (name (first %)))) x)
                       x))
                   form)
    form))

(defn needs-symbols? [form]
  (boolean (some #(and (symbol? %) (= "sym" (namespace %))) (tree-seq coll? seq form))))

(defn load-test [folder test-name]
  (let [file (io/file folder "org/apache/clojure_mxnet" (str (string/replace test-name "-" "_") ".clj"))]
    (binding [*ns* *ns*]
      (with-open [in (PushbackReader. (io/reader file))]
        (loop []
          (let [form (read {:eof ::end} in)]
            (when-not (= ::end form)
              (if (needs-symbols? form)
                (swap! left-out inc)
                (eval (without-symbols form)))
              (recur)))))
      (ns-name *ns*))))

(let [[folder total & names] *command-line-args*]
  (.addURL ^clojure.lang.DynamicClassLoader (clojure.lang.RT/baseLoader) (.toURL (.toURI (io/file folder))))
  (let [namespaces (mapv #(load-test folder %) names)
        result (apply t/run-tests namespaces)]
    (println (:test result) "tests of the original of" total "expected,"
             (+ (:fail result) (:error result)) "failures,"
             @left-out "left out because they need symbols")
    (shutdown-agents)
    (System/exit (if (and (t/successful? result) (= (parse-long total) (:test result))) 0 1))))
