(ns org.apache.clojure-mxnet.kvstore
  "A store of arrays by key, shared by the devices of one process or by the processes of a cluster. Functions that have
  nothing else to return give back the store, so that calls thread."
  (:refer-clojure :exclude [type])
  (:require [clojure.spec.alpha :as s]
            [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv KVStore NDArray Optimizer)))

(set! *warn-on-reflection* true)

(s/def ::kvstore #(instance? KVStore %))
(s/def ::name string?)
(s/def ::key string?)
(s/def ::ndarray #(instance? NDArray %))
(s/def ::ks (s/or :string string?
                  :vec-of-string (s/coll-of string? :kind vector?)))
(s/def ::vs (s/or :ndarray ::ndarray
                  :vec-of-ndarray (s/coll-of ::ndarray :kind vector?)))
(s/def ::outs ::vs)
(s/def ::rows ::vs)
(s/def ::priority int?)
(s/def ::optimizer #(instance? Optimizer %))
(s/def ::node-id int?)
(s/def ::timeout nat-int?)
(s/def ::flag boolean?)
(s/def ::head int?)
(s/def ::body string?)
(s/def ::fname string?)
(s/def ::rate (s/and number? #(<= 0 %)))
(s/def ::compression (s/and map? #(every? (some-fn keyword? string?) (keys %)) #(contains? (util/convert-map %) "type")))

(defn- the-store
  ^KVStore [kvstore]
  (if (instance? KVStore kvstore)
    kvstore
    (util/validate! ::kvstore kvstore "Invalid kvstore")))

(defn- strings
  ^"[Ljava.lang.String;" [coll]
  (into-array String coll))

(defn- ndarrays
  ^"[Lio.mxkv.NDArray;" [vs]
  (into-array NDArray (if (vector? vs) vs [vs])))

(defn- keys-for
  "The keys as an array; a single key is repeated for each of its values."
  ^"[Ljava.lang.String;" [ks vs]
  (strings (if (vector? ks) ks (repeat (if (vector? vs) (count vs) 1) ks))))

(defn create
  "Create a new KVStore. Release it with `dispose`, or use `with-kvstore`; a worker of a cluster must do so.
   - name : local (default) or device for the devices of one process, dist_sync, dist_async and others for the processes
     of a cluster; a wrong name is an error that lists all"
  ([name]
   (util/validate! ::name name "Invalid type of kvstore")
   (KVStore/create name))
  ([]
   (create "local")))

(defn dispose
  "Release the native memory. The store cannot be used after that. In a cluster it waits for the other workers."
  [kvstore]
  (.close (the-store kvstore)))

(defn init
  "Initialize a single or a sequence of key-value pairs into the store.
    For each key, one must init it before push and pull.
    Only worker 0's (rank == 0) data are used.
    This function returns after data have been initialized successfully.
   - kvstore
   - ks keys (vector of strings or single string)
   - vs values (vector of NDArrays or single ndarray)"
  [kvstore ks vs]
  (util/validate! ::ks ks "Invalid keys")
  (util/validate! ::vs vs "Invalid values")
  (.init (the-store kvstore) (strings (if (vector? ks) ks [ks])) (ndarrays vs)))

(defn push
  "Push a single or a sequence of key-value pairs into the store. Several values under one key are added up.
    Returns as soon as the work is accepted; what is pushed to and pulled from one key happens in the order of the
    calls. There is no synchronization between workers, see `barrier`.
   - kvstore
   - ks a key for one or several values, or a vector of keys, one for each value
   - vs an ndarray or a vector of them
   - priority of waiting work, that with the higher one goes first"
  ([kvstore ks vs priority]
   (if (and (string? ks) (instance? NDArray vs) (int? priority))
     (.push (the-store kvstore) ^String ks ^NDArray vs (int priority))
     (do
       (util/validate! ::ks ks "Invalid keys")
       (util/validate! ::vs vs "Invalid values")
       (util/validate! ::priority priority "Invalid priority")
       (.push (the-store kvstore) (keys-for ks vs) (ndarrays vs) (int priority)))))
  ([kvstore ks vs]
   (push kvstore ks vs 0)))

(defn pull
  "Pull a single value or a sequence of values from the store.
    Returns as soon as the work is accepted; reading from `outs` waits for it.
   - kvstore
   - ks a key for one or several arrays, or a vector of keys, one for each array
   - outs an ndarray or a vector of them
   - priority of waiting work, that with the higher one goes first"
  ([kvstore ks outs priority]
   (if (and (string? ks) (instance? NDArray outs) (int? priority))
     (.pull (the-store kvstore) ^String ks ^NDArray outs (int priority))
     (do
       (util/validate! ::ks ks "Invalid keys")
       (util/validate! ::outs outs "Invalid outs")
       (util/validate! ::priority priority "Invalid priority")
       (.pull (the-store kvstore) (keys-for ks outs) (ndarrays outs) (int priority)))))
  ([kvstore ks outs]
   (pull kvstore ks outs 0)))

(defn pushpull
  "Push values and pull the results in one go, in a cluster with one request a key. Without `outs` the results go into
  the values.
   - kvstore
   - ks a key for one or several values, or a vector of keys, one for each value
   - vs an ndarray or a vector of them
   - outs an ndarray or a vector of them, for the same keys
   - priority of waiting work, that with the higher one goes first"
  ([kvstore ks vs outs priority]
   (util/validate! ::ks ks "Invalid keys")
   (util/validate! ::vs vs "Invalid values")
   (util/validate! ::outs outs "Invalid outs")
   (util/validate! ::priority priority "Invalid priority")
   (.pushPull (the-store kvstore) (keys-for ks vs) (ndarrays vs) (keys-for ks outs) (ndarrays outs) (int priority)))
  ([kvstore ks vs outs]
   (pushpull kvstore ks vs outs 0))
  ([kvstore ks vs]
   (pushpull kvstore ks vs vs 0)))

(defn broadcast
  "Initialize new keys and copy the values of worker 0 into every worker's `outs`.
   - kvstore
   - ks a key, or a vector of keys, one for each value
   - vs an ndarray or a vector of them
   - outs an ndarray or a vector of them; with a single key, any number of arrays for it
   - priority of waiting work, that with the higher one goes first"
  ([kvstore ks vs outs priority]
   (util/validate! ::ks ks "Invalid keys")
   (util/validate! ::vs vs "Invalid values")
   (util/validate! ::outs outs "Invalid outs")
   (util/validate! ::priority priority "Invalid priority")
   (.broadcast (the-store kvstore) (strings (if (vector? ks) ks [ks])) (ndarrays vs) (keys-for ks outs)
               (ndarrays outs) (int priority)))
  ([kvstore ks vs outs]
   (broadcast kvstore ks vs outs 0)))

(defn row-sparse-pull
  "Pull some rows of row_sparse values into row_sparse arrays.
   - kvstore
   - ks a key, or a vector of keys, one for each array
   - outs a row_sparse ndarray or a vector of them
   - rows the numbers of the rows, an ndarray or a vector of them, one for each of `outs`
   - priority of waiting work, that with the higher one goes first"
  ([kvstore ks outs rows priority]
   (util/validate! ::ks ks "Invalid keys")
   (util/validate! ::outs outs "Invalid outs")
   (util/validate! ::rows rows "Invalid rows")
   (util/validate! ::priority priority "Invalid priority")
   (.rowSparsePull (the-store kvstore) (keys-for ks outs) (ndarrays outs) (ndarrays rows) (int priority)))
  ([kvstore ks outs rows]
   (row-sparse-pull kvstore ks outs rows 0)))

(defn type
  "Get the type of the kvstore"
  [kvstore]
  (.type (the-store kvstore)))

(defn num-workers
  "Get the number of worker nodes"
  [kvstore]
  (.numWorkers (the-store kvstore)))

(defn rank
  "Get the rank of this worker node, from 0 to one less than the number of workers"
  [kvstore]
  (.rank (the-store kvstore)))

(defn set-optimizer
  "Register an optimizer to the store: from now on it changes the stored values by what is pushed. In a cluster it runs
   on the servers; returns when all of them have it."
  [kvstore optimizer]
  (util/validate! ::optimizer optimizer "Invalid optimizer")
  (.setOptimizer (the-store kvstore) optimizer))

(defn set-learning-rate
  "Change the learning rate of the optimizer that was set, in a cluster on all servers."
  [kvstore rate]
  (util/validate! ::rate rate "Invalid learning rate")
  (.setLearningRate (the-store kvstore) (double rate)))

(defn set-gradient-compression
  "Compress what is pushed, for example {:type \"2bit\" :threshold 0.5} or {:type \"bf16\"}."
  [kvstore params]
  (util/validate! ::compression params "Invalid compression parameters")
  (.setGradientCompression (the-store kvstore)
                           (into {} (for [[k v] (util/convert-map params)]
                                      [k (if (keyword? v) (name v) v)]))))

(defn barrier
  "Global barrier among all worker nodes: returns when every one has called it. Does not wait for pushes and pulls."
  [kvstore]
  (.barrier (the-store kvstore)))

(defn num-dead-node
  "How many nodes the cluster holds for dead: those silent for PS_HEARTBEAT_TIMEOUT.
   - node-id a group: scheduler 1, servers 2, workers 4, or a sum of these
   - timeout 0 counts none; other numbers all mean the same"
  ([kvstore node-id]
   (util/validate! ::node-id node-id "Invalid node id")
   (.numDeadNode (the-store kvstore) (int node-id)))
  ([kvstore node-id timeout]
   (util/validate! ::node-id node-id "Invalid node id")
   (util/validate! ::timeout timeout "Invalid timeout")
   (.numDeadNode (the-store kvstore) (int node-id) (int timeout))))

(defn set-barrier-before-exit
  "Whether disposing the store waits for the other workers
   - kvstore
   - barrier-before-exit boolean"
  [kvstore barrier-before-exit]
  (util/validate! ::flag barrier-before-exit "Invalid setting")
  (.setBarrierBeforeExit (the-store kvstore) (boolean barrier-before-exit)))

(defn send-command-to-servers
  "Send a command to all servers; returns when all have handled it.
   - kvstore
   - head the head of the command
   - body the body of the command"
  [kvstore head body]
  (util/validate! ::head head "Invalid head")
  (util/validate! ::body body "Invalid body")
  (.sendCommandToServers (the-store kvstore) (int head) body))

(defn save-optimizer-states
  "Save the optimizer's states to a file
   - kvstore
   - fname Path to output states file."
  [kvstore fname]
  (util/validate! ::fname fname "Invalid filename")
  (.saveOptimizerStates (the-store kvstore) fname))

(defn load-optimizer-states
  "Load the optimizer's states from a file; a store without an optimizer takes that of the file too.
   - kvstore
   - fname Path to input states file."
  [kvstore fname]
  (util/validate! ::fname fname "Invalid filename")
  (.loadOptimizerStates (the-store kvstore) fname))

(defmacro with-kvstore
  "Runs the body with a new store and disposes it at the end.
   Ex:
    (with-kvstore [kv \"dist_sync\"]
      (kvstore/init kv \"w\" weight))"
  [[binding & [type]] & body]
  `(let [kvstore# (create ~(or type "local"))
         ~binding kvstore#]
     (try
       ~@body
       (finally (dispose kvstore#)))))
