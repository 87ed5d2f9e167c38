;; Trains a classifier of handwritten digits with data-parallel workers.
;;
;;   examples/clojure/run.sh                                               on this machine, four contexts
;;   mxkv launch -n 3 -s 2 -- examples/clojure/run.sh                      on a cluster: 3 workers, 2 servers
;;
;; In a cluster each worker has its part of the data, and the servers run Adam. Halfway every worker saves the optimizer's
;; states, and worker 0 gives its file back to the servers, as it would after a restart.
(ns digits
  (:require [clojure.java.io :as io]
            [clojure.string :as string]
            [org.apache.clojure-mxnet.context :as context]
            [org.apache.clojure-mxnet.kvstore :as kvstore]
            [org.apache.clojure-mxnet.kvstore-server :as kvstore-server]
            [org.apache.clojure-mxnet.ndarray :as ndarray]
            [org.apache.clojure-mxnet.optimizer :as optimizer]
            [org.apache.clojure-mxnet.random :as random]
            [org.apache.clojure-mxnet.resource-scope :as resource-scope])
  (:import (java.util.zip GZIPInputStream)))

(def folder (.getParentFile (.getAbsoluteFile (io/file *file*))))
(def epochs 40)
(def batch-size 40)

(defn read-digits
  "Rows of 64 pixels from 0 to 1 and the digit."
  []
  (with-open [in (io/reader (GZIPInputStream. (io/input-stream (io/file folder "../data/digits.csv.gz"))))]
    (mapv (fn [line]
            (let [numbers (mapv #(Double/parseDouble %) (string/split line #","))]
              {:pixels (mapv #(/ % 16) (pop numbers)) :digit (peek numbers)}))
          (line-seq in))))

(defn arrays
  "Rows as two arrays on a device: pixels and, one row for each, a 1 at the digit."
  [rows ctx]
  {:x (ndarray/array (mapcat :pixels rows) [(count rows) 64] {:ctx ctx})
   :y (ndarray/one-hot (ndarray/array (map :digit rows) [(count rows)] {:ctx ctx}) 10)})

(defn probabilities
  "The softmax of x·w + b, row by row."
  [{:keys [w b]} x]
  (let [scores (ndarray/broadcast-add (ndarray/dot x w) (ndarray/reshape b [1 10]))
        powers (ndarray/exp (ndarray/broadcast-sub scores (ndarray/max scores {:axis 1 :keepdims true})))]
    (ndarray/broadcast-div powers (ndarray/sum powers {:axis 1 :keepdims true}))))

(defn gradients
  "Of the mean cross entropy of a batch."
  [weights {:keys [x y]}]
  (let [n (first (ndarray/shape-vec x))
        error (ndarray/div (ndarray/- (probabilities weights x) y) n)]
    {:w (ndarray/dot x error {:transpose-a true})
     :b (ndarray/sum error {:axis 0})}))

(defn accuracy [weights rows]
  (resource-scope/using
   (let [{:keys [x]} (arrays rows (context/cpu))
         right? (fn [row found] (== (:digit row) (.indexOf ^java.util.List found (apply max found))))]
     (double (/ (count (filter true? (map right? rows (ndarray/->nd-vec (probabilities weights x)))))
                (count rows))))))

(defn batches
  "The rows in batches, each divided among the devices and put there."
  [rows devices]
  (vec (for [batch (partition batch-size rows)]
         (mapv arrays (partition (quot batch-size (count devices)) batch) devices))))

(defn train-epoch
  "One pass over this worker's batches."
  [kv weights batches]
  (doseq [batch batches]
    (resource-scope/using
     (let [found (mapv gradients weights batch)]
       ;; The gradients of all devices under one key are added up, here and then over the workers.
       (doseq [k [:w :b]]
         (kvstore/push kv (name k) (mapv k found))
         (kvstore/pull kv (name k) (mapv k weights)))
       nil))))

(defn train [store-type]
  (kvstore/with-kvstore [kv store-type]
    (let [rank (kvstore/rank kv)
          workers (kvstore/num-workers kv)
          rows (read-digits)
          [training testing] (split-at 1400 rows)
          devices (mapv context/cpu (range (if (= 1 workers) 4 2)))
          weights (mapv (fn [ctx] {:w (ndarray/zeros [64 10] {:ctx ctx}) :b (ndarray/zeros [10] {:ctx ctx})}) devices)
          ;; As many batches for every worker: the servers wait for a push of each.
          mine (vec (take (quot (count training) (* batch-size workers))
                          (batches (take-nth workers (drop rank training)) devices)))
          states (str (System/getProperty "java.io.tmpdir") "/digits-" (System/getProperty "user.name") "-" rank ".states")
          say (fn [& words] (when (zero? rank) (println (string/join " " words)) (flush)))]
      (random/seed 1)
      (say (kvstore/type kv) "store," workers "workers," (count devices) "devices each")
      (kvstore/init kv ["w" "b"] [(random/normal 0 0.01 [64 10]) (ndarray/zeros [10])])
      (kvstore/set-optimizer kv (optimizer/adam {:learning-rate 0.01}))
      (kvstore/barrier kv)
      (doseq [k [:w :b]]
        (kvstore/pull kv (name k) (mapv k weights)))
      (doseq [epoch (range 1 (inc epochs))]
        (train-epoch kv weights mine)
        (when (= epoch (quot epochs 2))
          (kvstore/barrier kv)
          (kvstore/save-optimizer-states kv states)
          (when (zero? rank)
            (kvstore/load-optimizer-states kv states))
          (kvstore/barrier kv)
          (say "states saved and restored"))
        (when (zero? (mod epoch 10))
          (say "epoch" epoch "accuracy" (format "%.3f" (accuracy (first weights) testing)))))
      (kvstore/barrier kv)
      (let [reached (accuracy (first weights) testing)]
        (when (< reached 0.85)
          (throw (ex-info (str "expected an accuracy of at least 0.85, got " reached) {})))
        reached))))

(let [role (System/getenv "DMLC_ROLE")]
  (case role
    (nil "") (train "device")
    "worker" (train "dist_sync")
    (kvstore-server/start))
  (shutdown-agents))
