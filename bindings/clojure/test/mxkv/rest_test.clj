(ns mxkv.rest-test
  "optimizer, lr-scheduler, random, resource-scope, kvstore-server, util, shape, dtype."
  (:require [clojure.test :refer [deftest is]]
            [mxkv.bad :refer [says]]
            [org.apache.clojure-mxnet.base :as base]
            [org.apache.clojure-mxnet.context :as context]
            [org.apache.clojure-mxnet.dtype :as dtype]
            [org.apache.clojure-mxnet.kvstore :as kvstore]
            [org.apache.clojure-mxnet.kvstore-server :as kvstore-server]
            [org.apache.clojure-mxnet.lr-scheduler :as lr-scheduler]
            [org.apache.clojure-mxnet.ndarray :as ndarray]
            [org.apache.clojure-mxnet.optimizer :as optimizer]
            [org.apache.clojure-mxnet.random :as random]
            [org.apache.clojure-mxnet.resource-scope :as resource-scope]
            [org.apache.clojure-mxnet.shape :as mx-shape]
            [org.apache.clojure-mxnet.util :as util]))

(def optimizers
  {optimizer/sgd {:learning-rate 0.1 :momentum 0.9 :wd 0.01 :clip-gradient 1}
   optimizer/dcasgd {:learning-rate 0.1 :momentum 0.9 :lambda 0.1 :wd 0.01 :clip-gradient 1}
   optimizer/nag {:learning-rate 0.1 :momentum 0.9 :wd 0.01 :clip-gradient 1}
   optimizer/ada-delta {:rho 0.1 :rescale-gradient 1 :epsilon 1e-6 :wd 0.01 :clip-gradient 1}
   optimizer/rms-prop {:learning-rate 0.1 :rescale-gradient 1 :gamma1 0.9 :gamma2 0.9 :wd 0.01 :clip-gradient 1}
   optimizer/ada-grad {:learning-rate 0.1 :rescale-gradient 1 :epsilon 1e-6 :wd 0.01}
   optimizer/adam {:learning-rate 0.1 :beta1 0.9 :beta2 0.9 :epsilon 1e-6 :decay-factor 0.99 :wd 0.01 :clip-gradient 1}
   optimizer/sgld {:learning-rate 0.1 :rescale-gradient 1 :wd 0.01 :clip-gradient 1}})

(deftest every-optimizer-in-every-form
  (doseq [[make opts] optimizers
          opt [(make) (make {}) (make opts)
               (make (if (#{optimizer/ada-delta optimizer/ada-grad} make)
                       opts
                       (assoc opts :lr-scheduler (lr-scheduler/factor-scheduler 2 0.5))))]]
    (resource-scope/using
     (let [weight (ndarray/array [1 2 3] [3])
           state (optimizer/create-state opt 0 weight)]
       (is (identical? opt (optimizer/update opt 0 weight (ndarray/ones [3]) state)))
       (is (not= [1.0 2.0 3.0] (ndarray/->vec weight)) (str opt))
       (is (every? #(Float/isFinite %) (ndarray/->vec weight)) (str opt))
       (says #"Invalid weight: " (optimizer/update opt 0 nil weight state) (optimizer/create-state opt 0 1))
       (says #"Invalid gradient: " (optimizer/update opt 0 weight nil state))
       (says #"Invalid index: " (optimizer/update opt "0" weight weight state)))))
  (doseq [[make opts] optimizers
          option (keys opts)]
    (says #"Incorrect .* optimizer options: .*(nope|number)" (make {option "nope"})))
  (says #"Incorrect sgd optimizer options" (optimizer/sgd {:lr-scheduler 0.1}))
  (says #"Invalid optimizer: " (optimizer/update nil 0 (ndarray/ones [1]) (ndarray/ones [1]) nil)))

(deftest dcasgd-keeps-momentum-and-lambda-apart
  (resource-scope/using
   (let [opt (optimizer/dcasgd {:learning-rate 1 :momentum 0 :lambda 0.5})
         weight (ndarray/array [2] [1])
         state (optimizer/create-state opt 0 weight)]
     (optimizer/update opt 0 weight (ndarray/ones [1]) state)
     (is (= [1.0] (ndarray/->vec weight)))
     (optimizer/update opt 0 weight (ndarray/ones [1]) state)
     (is (= [0.5] (ndarray/->vec weight)) "1 - (1 + 0.5 * 1 * 1 * (1 - 2))")
     nil)))

(deftest schedules
  (says #"Invalid step" (lr-scheduler/factor-scheduler 0 0.5) (lr-scheduler/factor-scheduler nil 0.5))
  (says #"Invalid factor" (lr-scheduler/factor-scheduler 1 1) (lr-scheduler/factor-scheduler 1 "x"))
  (kvstore/with-kvstore [kv]
    (resource-scope/using
     (let [weight (ndarray/zeros [1])]
       (kvstore/init kv "w" weight)
       (kvstore/set-optimizer kv (optimizer/sgd {:learning-rate 1 :wd 0
                                                 :lr-scheduler (lr-scheduler/factor-scheduler 2 0.5)}))
       (dotimes [_ 5] (kvstore/push kv "w" (ndarray/ones [1])))
       (kvstore/pull kv "w" weight)
       (is (= [-4.0] (ndarray/->vec weight)) "three at 1, two at 0.5")
       nil))))

(deftest random-in-every-form
  (random/seed 3)
  (let [first-draw (random/uniform 0 1 [10])]
    (random/seed 3.0)
    (is (= first-draw (random/uniform 0 1 [10] {}) ) "same seed, same numbers"))
  (let [out (ndarray/zeros [10])]
    (is (identical? out (random/uniform 5 6 [10] {:out out})))
    (is (every? #(<= 5 % 6) (ndarray/->vec out)))
    (is (identical? out (random/normal 50 1 [10] {:out out})))
    (is (every? #(< 40 % 60) (ndarray/->vec out))))
  (is (= 2 (context/device-id (ndarray/context (random/normal 0 1 [2] {:ctx (context/cpu 2)})))))
  (says #"Incorrect" (random/uniform nil 1 [1]) (random/uniform 2 1 [1]) (random/uniform 0 1 nil)
        (random/normal 0 nil [1]) (random/normal 0 1 [0]) (random/seed nil) (random/uniform 0 1 [1] {:out 1})))

(deftest scopes
  (let [inside (atom [])
        keep! #(do (swap! inside conj %) %)]
    (is (= [[1.0] [2.0]]
           (mapv ndarray/->vec (resource-scope/using [(ndarray/ones [1])
                                                      (ndarray/+ (keep! (ndarray/ones [1])) 1)]))))
    (is (nil? (resource-scope/with-do (keep! (ndarray/ones [1])) nil)))
    (is (nil? (resource-scope/with-let [x (keep! (ndarray/ones [1]))] (ndarray/->vec x) nil)))
    (is (nil? (resource-scope/using (keep! (ndarray/ones [1])) (keep! (kvstore/create)) nil)))
    (is (= 5 (count @inside)))
    (is (every? #(.isClosed ^io.mxkv.NDArray %) (take 4 @inside)))
    (is (.isClosed ^io.mxkv.KVStore (last @inside)))
    (is (thrown? IllegalStateException
                 (resource-scope/using (keep! (ndarray/ones [1])) (throw (IllegalStateException. "out")))))
    (is (ndarray/is-disposed (last @inside)))))

(deftest servers
  (says #"Invalid environment map: " (kvstore-server/init nil) (kvstore-server/init {:DMLC_ROLE "server"})
        (kvstore-server/init {"DMLC_ROLE" 1}))
  (says #"Invalid setting: " (kvstore-server/start nil) (kvstore-server/start "1"))
  (says #"DMLC_ROLE: expected server or scheduler"
        (kvstore-server/start) (kvstore-server/start 0) (kvstore-server/start -1))
  (is (nil? (kvstore-server/init {"DMLC_ROLE" "worker"})))
  (says #"DMLC_ROLE: expected server or scheduler" (kvstore-server/start))
  (is (nil? (kvstore-server/init {}))))

(deftest utilities
  (is (= "foo_bar" (util/keyword->snake-case :foo-bar)))
  (is (= "foo-bar" (util/keyword->snake-case "foo-bar")))
  (is (= [() {} [] {}] [(util/empty-list) (util/empty-map) (util/empty-indexed-seq) (util/empty-list-map)]))
  (is (= 1 (util/option->value (util/->option 1))))
  (is (= 4 (util/option->value (util/->int-option 4.5))))
  (is (nil? (util/option->value (util/->int-option nil))))
  (is (= {:a (mx-shape/->shape [1]) :b 2} (util/convert-by-shape {:a [1] :b 2})))
  (is (= {:kernel "(3,3)" :foo [1]} (util/tuple-convert-by-param-name {:kernel [3 3] :foo [1]})))
  (is (= {:input-shape "(1,2)" :a "True" :b "False" :c "1"}
         (util/io-convert-by-param-name {:input-shape [1 2] :a true :b false :c 1})))
  (is (= {"foo_bar" 2} (util/convert-map {:foo-bar 2})))
  (is (= {"kernel" "(1)"} (util/convert-symbol-map {:kernel [1]})))
  (is (= {"shape" "1"} (util/convert-io-map {:shape 1})))
  (is (= {"a" (mx-shape/->shape [1])} (util/convert-shape-map {:a [1]})))
  (is (= [1 2] (util/convert-tuple '(1 2)) (util/convert-vector [1 2]) (util/vec->indexed-seq '(1 2))
         (util/buffer->vec (java.util.ArrayList. [1 2])) (util/scala-vector->vec [1 2]) (util/tuple->vec [1 2])
         (util/scala-iterator->seq (.iterator ^Iterable [1 2]))))
  (is (= #{1} (util/vec->set [1 1])))
  (is (= 4 (util/apply-scala-fn (util/scala-fn (fn [x] (+ x 2))) 2)))
  (is (= 3 ((util/forms->scala-fn (+ 1 2)))))
  (is (= {"a" (mx-shape/->shape [5])} (util/list-map {:a [5]})))
  (is (= [["a_b" 1]] (util/map->tuple {:a-b 1})))
  (is (= [["a_b" 1]] (util/map->scala-tuple-seq {:a-b 1}) (util/map->scala-tuple-seq '((a-b 1)))
         (util/map->scala-tuple-seq [["a-b" 1]])))
  (is (= 5 (util/map->scala-tuple-seq 5)))
  (is (= {:a 1} (util/scala-map->map {:a 1}) (util/coerce-return {:a 1}) (util/coerce-return-recursive {:a 1})))
  (is (= [2 1] (util/nd-seq-shape [[3.0] [4.0]])))
  (is (= 4.0 (aget ^"[[Ljava.lang.Object;" (into-array (map to-array [[1.0] [4.0]])) 1 0)))
  (is (= [[3.0] [4.0]] (mapv vec (util/to-array-nd [[3.0] [4.0]]))))
  (is (nil? (util/validate! string? "foo" "Not a string")))
  (says #"^Not a string: 1 - failed: string\?$" (util/validate! string? 1 "Not a string"))
  (is (= ["uint8" "int8" "int32" "int64" "float16" "float32" "float64" "bfloat16" "bool"]
         (map str [dtype/UINT8 dtype/INT8 dtype/INT32 dtype/INT64 dtype/FLOAT16 dtype/FLOAT32 dtype/FLOAT64
                   dtype/BFLOAT16 dtype/BOOL])))
  (is (= dtype/FLOAT32 base/MX_REAL_TYPE))
  (is (= ["cpu" 0 "gpu" 1 "cpu"]
         [(context/device-type (context/cpu-context)) (context/device-id (context/default-context))
          (context/device-type (context/gpu)) (context/device-id (context/gpu 1)) (context/device-type (context/cpu 3))])))
