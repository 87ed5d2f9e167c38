(ns org.apache.clojure-mxnet.shape
  "The lengths of an array's axes."
  (:import (io.mxkv Shape)))

(set! *warn-on-reflection* true)

(defn ->longs
  "A Java array of the whole numbers in a vector, a Java array or a shape."
  ^longs [v]
  (cond
    (instance? Shape v)
    (.toArray ^Shape v)

    (and (or (sequential? v) (and v (.isArray (class v))))
         (every? #(and (number? %) (== % (Math/rint (double %)))) v))
    (long-array v)

    :else
    (throw (ex-info (str "Invalid shape: expected a vector of whole numbers, got " (pr-str v)) {:value v}))))

(defn ->shape
  "A shape of a vector or Java array of lengths; nil is the shape of a scalar, a shape is returned as it is."
  [v]
  (if (instance? Shape v)
    v
    (Shape/of (->longs (or v [])))))

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
