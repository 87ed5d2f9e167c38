(ns mxkv.kvstore-test
  (:require [clojure.java.io :as io]
            [clojure.test :refer [deftest is testing use-fixtures]]
            [mxkv.bad :refer [says]]
            [org.apache.clojure-mxnet.context :as context]
            [org.apache.clojure-mxnet.kvstore :as kvstore]
            [org.apache.clojure-mxnet.ndarray :as ndarray]
            [org.apache.clojure-mxnet.optimizer :as optimizer]
            [org.apache.clojure-mxnet.resource-scope :as resource-scope])
  (:import (io.mxkv Context DType NDArray Shape StorageType)
           (java.io File)))

(use-fixtures :each (fn [test] (resource-scope/using (test) nil)))

(defn of [value] (ndarray/full [2 2] value))

(defn holds? [kv k value]
  (let [out (ndarray/zeros [2 2])]
    (kvstore/pull kv k out)
    (= (repeat 4 (float value)) (ndarray/->vec out))))

(deftest create-and-dispose
  (doseq [kv [(kvstore/create) (kvstore/create "local") (kvstore/create "device") (kvstore/create "local_update_cpu")]]
    (is (string? (kvstore/type kv)))
    (is (nil? (kvstore/dispose kv)))
    (is (nil? (kvstore/dispose kv))))
  (says #"Invalid type of kvstore: nil" (kvstore/create nil))
  (says #"Invalid type of kvstore: :local" (kvstore/create :local)))

(deftest single-key-single-value
  (let [kv (kvstore/create)]
    (is (identical? kv (kvstore/init kv "a" (of 1))))
    (is (identical? kv (kvstore/push kv "a" (of 2))))
    (is (identical? kv (kvstore/pull kv "a" (of 0))))
    (is (holds? kv "a" 2))
    (is (identical? kv (kvstore/push kv "a" (of 3) 7)))
    (is (identical? kv (kvstore/pull kv "a" (of 0) -7)))
    (is (holds? kv "a" 3))))

(deftest single-key-several-values
  (let [kv (kvstore/create)
        outs [(of 0) (ndarray/zeros [2 2] {:ctx (context/cpu 1)})]]
    (-> kv
        (kvstore/init "a" [(of 1)])
        (kvstore/push "a" [(of 2) (of 3)])
        (kvstore/pull "a" outs))
    (is (every? #(= (of 5) %) outs))
    (-> kv
        (kvstore/push "a" [(of 2) (of 3) (of 4)] 1)
        (kvstore/pull "a" outs 1))
    (is (every? #(= (of 9) %) outs))))

(deftest vectors-of-keys
  (let [kv (kvstore/create)
        outs [(of 0) (of 0) (of 0)]]
    (-> kv
        (kvstore/init ["a" "b"] [(of 1) (of 2)])
        (kvstore/push ["a" "b" "a"] [(of 1) (of 2) (of 3)])
        (kvstore/pull ["a" "b" "a"] outs))
    (is (= [(of 4) (of 2) (of 4)] outs))
    (-> kv
        (kvstore/push ["b"] [(of 9)] 3)
        (kvstore/pull ["b" "a" "b"] outs -3))
    (is (= [(of 9) (of 4) (of 9)] outs))
    (is (identical? kv (kvstore/push kv [] [])))))

(deftest pushpull-and-broadcast
  (let [kv (kvstore/create)
        [x y] [(of 1) (of 2)]
        outs [(of 0) (of 0)]]
    (is (identical? kv (kvstore/broadcast kv "a" (of 4) outs)))
    (is (= [(of 4) (of 4)] outs))
    (kvstore/broadcast kv ["b" "c"] [(of 5) (of 6)] outs 2)
    (is (= [(of 5) (of 6)] outs))
    (is (identical? kv (kvstore/pushpull kv "a" [x y])))
    (is (= [(of 3) (of 3)] [x y]))
    (kvstore/pushpull kv "a" x (first outs))
    (is (= (of 3) (first outs)))
    (kvstore/pushpull kv ["b" "c"] [(of 7) (of 8)] outs 1)
    (is (= [(of 7) (of 8)] outs))))

(deftest row-sparse
  (let [kv (kvstore/create)
        value (NDArray/rowSparse (ndarray/array [1 2 3 4] [2 2]) (long-array [0 2]) (Shape/of (long-array [3 2])))
        empty-rows #(NDArray/zeros StorageType/ROW_SPARSE (Shape/of (long-array [3 2])) (Context/cpu) DType/FLOAT32)
        [one two] [(empty-rows) (empty-rows)]]
    (kvstore/init kv "s" value)
    (is (identical? kv (kvstore/row-sparse-pull kv "s" one (ndarray/array [2] [1]))))
    (is (= [0.0 0.0 0.0 0.0 3.0 4.0] (ndarray/->vec one)))
    (kvstore/row-sparse-pull kv "s" [one two] [(ndarray/array [0] [1]) (ndarray/array [2 0] [2])] 1)
    (is (= [1.0 2.0 0.0 0.0 0.0 0.0] (ndarray/->vec one)))
    (is (= [1.0 2.0 0.0 0.0 3.0 4.0] (ndarray/->vec two)))
    (kvstore/row-sparse-pull kv ["s"] [one] [(ndarray/array [2] [1])])
    (is (= [0.0 0.0 0.0 0.0 3.0 4.0] (ndarray/->vec one)))
    (says #"Invalid rows" (kvstore/row-sparse-pull kv "s" one [1 2]))
    (says #"rows: expected one for each of 1 keys, got 2"
          (kvstore/row-sparse-pull kv "s" one [(ndarray/array [0] [1]) (ndarray/array [0] [1])]))))

(deftest facts-of-a-local-store
  (let [kv (kvstore/create)]
    (is (= "local" (kvstore/type kv)))
    (is (= 1 (kvstore/num-workers kv)))
    (is (= 0 (kvstore/rank kv)))
    (is (= 0 (kvstore/num-dead-node kv 7)))
    (is (= 0 (kvstore/num-dead-node kv 4 5)))
    (is (identical? kv (kvstore/barrier kv)))
    (is (identical? kv (kvstore/set-barrier-before-exit kv false)))
    (is (identical? kv (kvstore/send-command-to-servers kv 0 "")))))

(deftest with-kvstore-disposes
  (let [kept (atom nil)]
    (is (= 3 (kvstore/with-kvstore [kv "device"]
               (reset! kept kv)
               (is (= "device" (kvstore/type kv)))
               (+ 1 2))))
    (says #"KVStore: used after it was closed" (kvstore/type @kept))
    (is (thrown? IllegalStateException
                 (kvstore/with-kvstore [kv]
                   (reset! kept kv)
                   (throw (IllegalStateException. "out")))))
    (says #"KVStore: used after it was closed" (kvstore/rank @kept))))

(deftest optimizer-in-the-store
  (let [kv (kvstore/create)
        file (str (File/createTempFile "optimizer" ".states"))
        weight (of 1)]
    (is (identical? kv (kvstore/init kv "w" weight)))
    (is (identical? kv (kvstore/set-optimizer kv (optimizer/sgd {:learning-rate 0.5 :momentum 0.5 :wd 0}))))
    (kvstore/push kv "w" (of 1))
    (is (holds? kv "w" 0.5))
    (is (identical? kv (kvstore/save-optimizer-states kv file)))
    (is (pos? (.length (io/file file))))
    (is (identical? kv (kvstore/load-optimizer-states kv file)))
    (kvstore/push kv "w" (of 1))
    (is (holds? kv "w" -0.25))
    (is (identical? kv (kvstore/set-learning-rate kv 0)))
    (kvstore/push kv "w" (of 1))
    (is (holds? kv "w" -0.625))
    (says #"absent" (kvstore/load-optimizer-states kv "/absent/file"))
    (says #"absent" (kvstore/save-optimizer-states kv "/absent/file"))
    (io/delete-file file)))

(deftest gradient-compression
  (kvstore/with-kvstore [kv "device"]
    (is (identical? kv (kvstore/set-gradient-compression kv {:type "2bit" :threshold 0.5})))
    (is (identical? kv (kvstore/set-gradient-compression kv {"type" :2bit})))
    (says #"Invalid compression parameters" (kvstore/set-gradient-compression kv {:threshold 1})
          (kvstore/set-gradient-compression kv nil)
          (kvstore/set-gradient-compression kv "2bit"))
    (is (thrown? io.mxkv.MxkvException (kvstore/set-gradient-compression kv {:type "17bit"})))))

(deftest bad-input
  (let [kv (kvstore/create)
        closed (doto (kvstore/create) (kvstore/dispose))
        disposed (doto (of 1) (ndarray/dispose))]
    (kvstore/init kv "a" (of 1))
    (testing "the store"
      (doseq [f [kvstore/dispose kvstore/type kvstore/num-workers kvstore/rank kvstore/barrier
                 #(kvstore/init % "b" (of 1)) #(kvstore/push % "a" (of 1)) #(kvstore/push % "a" (of 1) 1)
                 #(kvstore/pull % "a" (of 1)) #(kvstore/pull % "a" (of 1) 1) #(kvstore/pushpull % "a" (of 1))
                 #(kvstore/broadcast % "b" (of 1) (of 1)) #(kvstore/num-dead-node % 4)
                 #(kvstore/set-barrier-before-exit % true) #(kvstore/send-command-to-servers % 0 "")
                 #(kvstore/set-optimizer % (optimizer/sgd)) #(kvstore/set-learning-rate % 1)
                 #(kvstore/set-gradient-compression % {:type "2bit"}) #(kvstore/save-optimizer-states % "f")
                 #(kvstore/load-optimizer-states % "f")]]
        (says #"Invalid kvstore: nil" (f nil))
        (says #"Invalid kvstore: \"local\"" (f "local"))
        (when-not (= kvstore/dispose f)
          (says #"KVStore: used after it was closed|no such function" (f closed)))))
    (testing "keys"
      (doseq [bad [nil :a 3 'a ["a" nil] ["a" 3] '("a") {"a" 1}]]
        (says #"Invalid keys: " (kvstore/init kv bad (of 1)) (kvstore/push kv bad (of 1)) (kvstore/pull kv bad (of 1))
              (kvstore/pushpull kv bad (of 1)) (kvstore/broadcast kv bad (of 1) (of 1))))
      (says #"contains a NUL" (kvstore/init kv "a\u0000" (of 1))))
    (testing "values"
      (doseq [bad [nil 1 [1] "a" [nil] (list (of 1))]]
        (says #"Invalid values: " (kvstore/init kv "b" bad) (kvstore/push kv "a" bad) (kvstore/pushpull kv "a" bad))
        (says #"Invalid outs: " (kvstore/pull kv "a" bad) (kvstore/pushpull kv "a" (of 1) bad)))
      (says #"used after it was closed" (kvstore/init kv "b" disposed) (kvstore/push kv "a" disposed)
            (kvstore/pull kv "a" disposed) (kvstore/push kv "a" [(of 1) disposed])))
    (testing "priority"
      (says #"Invalid priority: " (kvstore/push kv "a" (of 1) nil) (kvstore/pull kv "a" (of 1) 1.5)
            (kvstore/push kv "a" (of 1) "1")))
    (testing "lengths"
      (says #"expected one for each of" (kvstore/init kv ["b" "c"] (of 1)) (kvstore/init kv "b" [(of 1) (of 1)])
            (kvstore/push kv ["a"] [(of 1) (of 1)]) (kvstore/pull kv ["a" "a"] [(of 1)])
            (kvstore/push kv ["a" "a"] (of 1))))
    (testing "unknown and duplicate keys"
      (is (thrown? io.mxkv.MxkvException$UnknownKey (kvstore/push kv "nobody" (of 1))))
      (is (thrown? io.mxkv.MxkvException$UnknownKey (kvstore/pull kv "nobody" (of 1))))
      (is (thrown? io.mxkv.MxkvException$DuplicateKey (kvstore/init kv "a" (of 1)))))
    (testing "shapes"
      (is (thrown? io.mxkv.MxkvException$ShapeMismatch
                   (do (kvstore/pull kv "a" (ndarray/zeros [3]))
                       (ndarray/waitall)))))
    (testing "the rest"
      (says #"Invalid optimizer: " (kvstore/set-optimizer kv nil) (kvstore/set-optimizer kv "sgd"))
      (says #"Invalid learning rate: " (kvstore/set-learning-rate kv nil) (kvstore/set-learning-rate kv -1))
      (says #"Invalid node id: " (kvstore/num-dead-node kv nil) (kvstore/num-dead-node kv "4"))
      (says #"Invalid timeout: " (kvstore/num-dead-node kv 4 -1))
      (says #"Invalid setting: " (kvstore/set-barrier-before-exit kv nil) (kvstore/set-barrier-before-exit kv 1))
      (says #"Invalid head: " (kvstore/send-command-to-servers kv nil "") (kvstore/send-command-to-servers kv "0" ""))
      (says #"Invalid body: " (kvstore/send-command-to-servers kv 0 nil) (kvstore/send-command-to-servers kv 0 0))
      (says #"Invalid filename: " (kvstore/save-optimizer-states kv nil) (kvstore/load-optimizer-states kv 3)))
    (is (holds? kv "a" 1) "the store still works")))

(deftest arrays-left-to-the-collector
  (kvstore/with-kvstore [kv]
    (kvstore/init kv "a" (ndarray/zeros [64]))
    (dotimes [_ 20000]
      (kvstore/push kv "a" (ndarray/ones [64])))
    (let [out (ndarray/zeros [64])]
      (kvstore/pull kv "a" out)
      (is (= (repeat 64 (float 1)) (ndarray/->vec out))))))
