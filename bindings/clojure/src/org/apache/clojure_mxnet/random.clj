(ns org.apache.clojure-mxnet.random
  "Random arrays."
  (:require [clojure.spec.alpha :as s]
            [org.apache.clojure-mxnet.shape :as mx-shape]
            [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv Context NDArray Random)))

(set! *warn-on-reflection* true)

(s/def ::low number?)
(s/def ::high number?)
(s/def ::low-high (fn [[low high]] (<= low high)))
(s/def ::shape-vec (s/coll-of pos-int? :kind vector?))
(s/def ::ctx #(instance? Context %))
(s/def ::out #(instance? NDArray %))
(s/def ::opts (s/nilable (s/keys :opt-un [::ctx ::out])))
(s/def ::loc number?)
(s/def ::scale (s/and number? pos?))
(s/def ::seed-state number?)

(defn uniform
  "Values spread evenly over [`low`, `high`).
    `shape-vec`: the shape of the result.
    `opts-map` {
      `ctx`: where the result lives, the default context if not given.
      `out`: an array for the result, instead}
   Ex:
     (uniform 0 1 [1 10])
     (uniform -10 10 [100 100])"
  ([low high shape-vec {:keys [ctx out] :as opts}]
   (util/validate! ::opts opts "Incorrect random uniform parameters")
   (util/validate! ::low low "Incorrect random uniform parameter")
   (util/validate! ::high high "Incorrect random uniform parameters")
   (util/validate! ::low-high [low high] "Incorrect random uniform parameters")
   (util/validate! ::shape-vec shape-vec "Incorrect random uniform parameters")
   (Random/uniform (float low) (float high) (mx-shape/->shape shape-vec) ctx out))
  ([low high shape-vec]
   (uniform low high shape-vec {})))

(defn normal
  "Normally distributed values.
    `loc`: their mean.
    `scale`: their standard deviation.
    `shape-vec`: the shape of the result.
    `opts-map` {
      `ctx`: where the result lives, the default context if not given.
      `out`: an array for the result, instead}
   Ex:
     (normal 0 1 [10 10])
     (normal -5 4 [2 3])"
  ([loc scale shape-vec {:keys [ctx out] :as opts}]
   (util/validate! ::opts opts "Incorrect random normal parameters")
   (util/validate! ::loc loc "Incorrect random normal parameters")
   (util/validate! ::scale scale "Incorrect random normal parameters")
   (util/validate! ::shape-vec shape-vec "Incorrect random normal parameters")
   (Random/normal (float loc) (float scale) (mx-shape/->shape shape-vec) ctx out))
  ([loc scale shape-vec]
   (normal loc scale shape-vec {})))

(defn seed
  "Starts the generators again; the same seed gives the same numbers.
   Ex:
     (seed 42)
     (seed 42.0)"
  [seed-state]
  (util/validate! ::seed-state seed-state "Incorrect seed parameters")
  (Random/seed (int seed-state)))
