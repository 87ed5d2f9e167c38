(ns org.apache.clojure-mxnet.kvstore-server
  "This process as a server or scheduler of a cluster."
  (:require [clojure.spec.alpha :as s]
            [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv KVStoreServer)))

(set! *warn-on-reflection* true)

(s/def ::env-map (s/map-of string? string?))
(s/def ::die-if-others-go-out-timeout int?)

(defn init
  "Settings (DMLC_*, PS_*) that win over the process environment; replaces those of an earlier call."
  [env-map]
  (util/validate! ::env-map env-map "Invalid environment map")
  (KVStoreServer/init env-map))

(defn start
  "Serves, as DMLC_ROLE says, until the workers are done.
   - die-if-others-go-out-timeout: how often, in seconds, to look for silent nodes, and to end this process when there
     are some; 0 or less for never"
  ([die-if-others-go-out-timeout]
   (util/validate! ::die-if-others-go-out-timeout die-if-others-go-out-timeout "Invalid setting")
   (KVStoreServer/start (int die-if-others-go-out-timeout)))
  ([]
   (start 0)))
