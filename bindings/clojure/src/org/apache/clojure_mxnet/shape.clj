(ns org.apache.clojure-mxnet.shape
  "The lengths of an array's axes."
  (:import (io.mxkv Shape)))

(set! *warn-on-reflection* true)

(defn ->shape
  "A shape of a vector of lengths; a shape is returned as it is."
  [v]
  (cond
    (instance? Shape v) v
    (and (or (sequential? v) (nil? v)) (every? nat-int? v)) (Shape/of (long-array v))
    :else (throw (ex-info (str "Invalid shape: expected a vector of lengths of 0 or more, got " (pr-str v))
                          {:value v}))))

(defn ->vec [^Shape shape-obj]
  (vec (.toArray shape-obj)))

(defn length
  "The number of axes."
  [^Shape shape-obj]
  (.length shape-obj))

(defn product
  "The number of elements."
  [^Shape shape]
  (.product shape))
