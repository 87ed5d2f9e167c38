;; One process of a cluster, for cluster_test.clj:
;;   clojure.main test/mxkv/node.clj SCENARIO [NAME=VALUE …]
;; The settings (DMLC_ROLE and so on) are given to kvstore-server/init; without any, the environment has them.
(require '[clojure.string :as string]
         '[org.apache.clojure-mxnet.kvstore :as kvstore]
         '[org.apache.clojure-mxnet.kvstore-server :as kvstore-server]
         '[org.apache.clojure-mxnet.ndarray :as ndarray]
         '[org.apache.clojure-mxnet.optimizer :as optimizer]
         '[org.apache.clojure-mxnet.resource-scope :as resource-scope])
(import 'io.mxkv.KVStoreServer)

(defn check [what expected actual]
  (when-not (= expected actual)
    (throw (ex-info (str what ": expected " (pr-str expected) ", got " (pr-str actual)) {}))))

(defn value [kv k shape]
  (let [out (ndarray/zeros shape)]
    (kvstore/pull kv k out)
    (distinct (ndarray/->vec out))))

(defn sums
  "Every worker pushes its rank + 1; the store holds the sum over all of them. The big key is split over the servers."
  [kv]
  (let [workers (kvstore/num-workers kv)
        mine (inc (kvstore/rank kv))
        total (/ (* workers (inc workers)) 2)]
    (-> kv
        (kvstore/init ["small" "big"] [(ndarray/ones [3]) (ndarray/ones [300 10])])
        (kvstore/barrier))
    (check "initial value" [1.0] (value kv "small" [3]))
    (dotimes [i 3]
      (kvstore/push kv ["small" "big"] [(ndarray/full [3] (* mine (inc i))) (ndarray/full [300 10] mine)])
      (check "small" [(float (* total (inc i)))] (value kv "small" [3]))
      (check "big" [(float total)] (value kv "big" [300 10])))
    (let [x (ndarray/full [3] mine)]
      (kvstore/push kv "small" [x x])
      (check "two values" [(float (* 2 total))] (value kv "small" [3])))
    (kvstore/send-command-to-servers kv 77 "nobody listens to this number")
    (check "dead nodes" 0 (kvstore/num-dead-node kv 2 60))
    (kvstore/barrier kv)))

(defn optimizing
  "The servers run SGD with momentum; states are saved, the weight goes on, states are loaded."
  [kv]
  (let [workers (kvstore/num-workers kv)
        file (str (System/getenv "MXKV_TEST_FOLDER") "/states-" (kvstore/rank kv))]
    (kvstore/init kv "w" (ndarray/zeros [4]))
    (kvstore/set-optimizer kv (optimizer/sgd {:learning-rate 0.5 :momentum 0.5 :wd 0}))
    (kvstore/barrier kv)
    (kvstore/push kv "w" (ndarray/ones [4]))
    (check "first step" [(float (* -0.5 workers))] (value kv "w" [4]))
    (kvstore/barrier kv)
    (kvstore/save-optimizer-states kv file)
    (kvstore/barrier kv)
    (kvstore/push kv "w" (ndarray/zeros [4]))
    (check "momentum alone" [(float (* -0.75 workers))] (value kv "w" [4]))
    (kvstore/barrier kv)
    (when (zero? (kvstore/rank kv))
      (kvstore/load-optimizer-states kv file)
      (kvstore/set-learning-rate kv 1))
    (kvstore/barrier kv)
    (kvstore/push kv "w" (ndarray/zeros [4]))
    (check "momentum as it was saved" [(float (* -1.0 workers))] (value kv "w" [4]))
    (kvstore/barrier kv)
    (kvstore/push kv "w" (ndarray/ones [4]))
    (check "the new rate" [(float (- (* -1.125 workers) workers))] (value kv "w" [4]))
    (kvstore/barrier kv)))

(defn commanding
  "The servers have a controller of their own."
  [kv]
  (when (zero? (kvstore/rank kv))
    (kvstore/send-command-to-servers kv 0 "hällo"))
  (kvstore/barrier kv))

(let [[scenario & settings] *command-line-args*]
  (when (seq settings)
    (kvstore-server/init (into {} (map #(string/split % #"=" 2)) settings)))
  (if (KVStoreServer/isWorker)
    (resource-scope/using
     (kvstore/with-kvstore [kv "dist_sync"]
       (({"sums" sums "optimizing" optimizing "commanding" commanding} scenario) kv))
     (println "worker done"))
    (do (if (= "commanding" scenario)
          (KVStoreServer/start 0 (reify io.mxkv.KVStoreServer$Controller
                                   (command [_ head body] (println "command" head body))))
          (kvstore-server/start))
        (println "server done")))
  (shutdown-agents))
