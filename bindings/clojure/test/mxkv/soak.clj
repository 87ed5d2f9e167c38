;; A million pushes and pulls with arrays left to the collector; fails if the memory of the process grows.
;;   clojure.main test/mxkv/soak.clj [ROUNDS]
(require '[clojure.string :as string]
         '[org.apache.clojure-mxnet.kvstore :as kvstore]
         '[org.apache.clojure-mxnet.ndarray :as ndarray])

(import '(java.nio.file Files Path))

(defn resident-megabytes []
  (let [status (String. (Files/readAllBytes (Path/of "/proc/self/status" (make-array String 0))))]
    (quot (parse-long (second (re-find #"VmRSS:\s+(\d+) kB" status))) 1024)))

(let [rounds (parse-long (or (first *command-line-args*) "1000000"))
      part (quot rounds 10)]
  (kvstore/with-kvstore [kv]
    (kvstore/init kv "a" (ndarray/zeros [256]))
    (let [sizes (doall
                 (for [i (range 10)]
                   (do (dotimes [_ part]
                         (kvstore/push kv "a" (ndarray/ones [256]))
                         (kvstore/pull kv "a" (ndarray/empty [256])))
                       (System/gc)
                       (let [size (resident-megabytes)]
                         (println (* part (inc i)) "rounds," size "MB")
                         size))))
          [_ _ third & others] sizes]
      ;; The first parts fill the heap, the pools and the code cache.
      (when (> (apply max others) (+ third 64))
        (println "FAIL: memory grew:" (string/join " " sizes) "MB")
        (System/exit 1))))
  (shutdown-agents))
