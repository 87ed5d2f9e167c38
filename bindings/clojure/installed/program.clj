;; On the installed jars alone: the namespaces, the Java classes and the native library must all come out of them.
(require '[org.apache.clojure-mxnet.kvstore :as kvstore]
         '[org.apache.clojure-mxnet.ndarray :as ndarray])

(kvstore/with-kvstore [kv]
  (let [out (ndarray/zeros [2])]
    (kvstore/init kv "w" out)
    (kvstore/push kv "w" [(ndarray/array [1 2] [2]) (ndarray/array [3 4] [2])])
    (kvstore/pull kv "w" out)
    (when-not (= [4.0 6.0] (ndarray/->vec out))
      (throw (ex-info "wrong sum" {:found (ndarray/->vec out)})))))
(println "installed jars: well")
(shutdown-agents)
