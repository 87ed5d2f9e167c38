;; Writes a page for each namespace: clojure.main dev/docs.clj FOLDER
(require '[clojure.java.io :as io]
         '[clojure.string :as string])

(def namespaces
  '[kvstore kvstore-server ndarray optimizer lr-scheduler random resource-scope context dtype shape util base])

(defn escape [text]
  (string/escape (str text) {\& "&amp;" \< "&lt;" \> "&gt;"}))

(defn page [ns-name]
  (let [n (find-ns ns-name)]
    (str "<!doctype html><meta charset=\"utf-8\"><title>" ns-name "</title>"
         "<style>body{font-family:sans-serif;max-width:50em;margin:2em auto}pre{white-space:pre-wrap}</style>"
         "<p><a href=\"index.html\">all namespaces</a><h1>" ns-name "</h1><pre>" (escape (:doc (meta n))) "</pre>"
         (apply str
                (for [[sym v] (sort-by key (ns-publics n))
                      :let [{:keys [arglists doc macro]} (meta v)]]
                  (str "<h3>" (escape sym) (when macro " <small>macro</small>") "</h3>"
                       (apply str (for [args arglists] (str "<code>" (escape (cons sym args)) "</code><br>")))
                       "<pre>" (escape doc) "</pre>"))))))

(let [folder (io/file (first *command-line-args*))
      names (map #(symbol (str "org.apache.clojure-mxnet." %)) namespaces)]
  (apply require names)
  (.mkdirs folder)
  (doseq [n names]
    (spit (io/file folder (str n ".html")) (page n)))
  (spit (io/file folder "index.html")
        (str "<!doctype html><meta charset=\"utf-8\"><title>mxkv for Clojure</title><h1>mxkv for Clojure</h1>"
             (apply str (for [n names] (str "<p><a href=\"" n ".html\">" n "</a>")))))
  (println "documentation in" (str folder))
  (shutdown-agents))
