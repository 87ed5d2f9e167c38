;; A million pushes and pulls with arrays left to the collector; fails if the memory of the process grows.
;;   clojure.main test/mxkv/soak.clj [ROUNDS]
(require '[clojure.string :as string]
         '[org.apache.clojure-mxnet.kvstore :as kvstore]
         '[org.apache.clojure-mxnet.ndarray :as ndarray])

(import '(java.nio.file Files Path))

(defn resident-megabytes []
  (let [status (String. (Files/readAllBytes (Path/of "/proc/self/status" (make-array String 0))))]
    (quot (parse-long (second (re-find #"VmRSS:\s+(\d+) kB" status))) 1024)))

(defn settled-megabytes
  "What is resident after the collector, and the thread that frees what it found, have had their time."
  []
  (dotimes [_ 3]
    (System/gc)
    (Thread/sleep 300))
  (resident-megabytes))

(defn mean [numbers]
  (quot (reduce + numbers) (count numbers)))

(let [rounds (parse-long (or (first *command-line-args*) "1000000"))
      part (quot rounds 10)]
  (kvstore/with-kvstore [kv]
    (kvstore/init kv "a" (ndarray/zeros [256]))
    (let [sizes (doall
                 (for [i (range 10)]
                   (do (dotimes [_ part]
                         (kvstore/push kv "a" (ndarray/ones [256]))
                         (kvstore/pull kv "a" (ndarray/empty [256])))
                       (let [size (settled-megabytes)]
                         (println (* part (inc i)) "rounds," size "MB")
                         size))))
          ;; The first parts fill the heap, the pools and the code cache. Single sizes vary by some 30 MB: what is
          ;; resident depends on when the collector last ran. 100 bytes a round would make 40 MB of difference.
          early (mean (take 4 (drop 2 sizes)))
          late (mean (drop 6 sizes))]
      (when (> late (+ early 40))
        (println "FAIL: memory grew from" early "to" late "MB:" (string/join " " sizes))
        (System/exit 1))))
  (shutdown-agents))
