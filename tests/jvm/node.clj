;; One process of a cluster, in MXNet's own Clojure package or in ours: the functions used are in both.
;;   clojure.main tests/jvm/node.clj SCENARIO [NAME=VALUE …]
;; Settings (DMLC_ROLE and so on) are given to kvstore-server/init; without any, the environment has them.
(require '[clojure.string :as string]
         '[org.apache.clojure-mxnet.kvstore :as kvstore]
         '[org.apache.clojure-mxnet.kvstore-server :as kvstore-server]
         '[org.apache.clojure-mxnet.ndarray :as ndarray]
         '[org.apache.clojure-mxnet.optimizer :as optimizer])

(defn check [what expected actual]
  (when-not (= expected actual)
    (throw (ex-info (str what ": expected " (pr-str expected) ", got " (pr-str actual)) {}))))

(defn value [kv k shape]
  (let [out (ndarray/zeros shape)]
    (kvstore/pull kv k out)
    (vec (distinct (ndarray/->vec out)))))

;; The original's kvstore/barrier cannot be called; the method of both classes can.
(defn barrier [kv]
  (clojure.lang.Reflector/invokeInstanceMethod kv "barrier" (object-array 0)))

(defn sums
  "Every worker pushes its rank + 1 times the step; \"big\" is split over the servers. worker.py does the same."
  [kv]
  (let [workers (kvstore/num-workers kv)
        mine (inc (kvstore/rank kv))
        total (/ (* workers (inc workers)) 2)]
    (kvstore/init kv ["small" "big"] [(ndarray/zeros [3]) (ndarray/zeros [1200 1000])])
    (doseq [step [1 2 3]
            [k shape] [["small" [3]] ["big" [1200 1000]]]]
      (kvstore/push kv k (ndarray/* (ndarray/ones shape) (* mine step)))
      (check k [(float (* step total))] (value kv k shape))
      (barrier kv))))

(defn training
  "The servers, which are JVMs, get the optimizer as a Java object and keep its momentum."
  [kv]
  (let [workers (kvstore/num-workers kv)]
    (kvstore/init kv "w" (ndarray/ones [2 2]))
    (kvstore/set-optimizer kv (optimizer/sgd {:learning-rate 0.5 :momentum 0.5 :wd 0}))
    (barrier kv)
    (loop [step 0, velocity 0.0, expected 1.0]
      (when (< step 4)
        (kvstore/push kv "w" (ndarray/* (ndarray/ones [2 2]) 0.25))
        (let [velocity (- (* 0.5 velocity) (* 0.5 0.25 workers))
              expected (+ expected velocity)]
          (check (str "step " step) [(float expected)] (value kv "w" [2 2]))
          (barrier kv)
          (recur (inc step) velocity expected))))))

(let [[scenario & settings] *command-line-args*
      given (into {} (map #(string/split % #"=" 2)) settings)
      role (or (get given "DMLC_ROLE") (System/getenv "DMLC_ROLE"))]
  (when (seq given)
    (kvstore-server/init given))
  (if (= "worker" role)
    (let [kv (kvstore/create "dist_sync")]
      (({"sums" sums "training" training} scenario) kv)
      (barrier kv)
      (kvstore/dispose kv)
      (println "all sums are right"))
    (kvstore-server/start))
  (shutdown-agents))
