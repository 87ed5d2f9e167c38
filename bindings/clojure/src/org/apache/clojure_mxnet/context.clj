(ns org.apache.clojure-mxnet.context
  "Where arrays live. Several cpu contexts serve as stand-ins for several devices."
  (:import (io.mxkv Context)))

(set! *warn-on-reflection* true)

(defn- context [device-type device-id]
  (when-not (nat-int? device-id)
    (throw (ex-info (str "Invalid device id: expected 0 or more, got " (pr-str device-id)) {:value device-id})))
  (Context. device-type (int device-id)))

(defn cpu
  ([device-id] (context "cpu" device-id))
  ([] (cpu 0)))

(defn gpu
  ([device-id] (context "gpu" device-id))
  ([] (gpu 0)))

(defn cpu-context [] (cpu))

(defn default-context [] (cpu-context))

(defn device-type [^Context context]
  (.deviceType context))

(defn device-id [^Context context]
  (.deviceId context))
