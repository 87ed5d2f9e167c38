(ns org.apache.clojure-mxnet.resource-scope
  "Closes arrays and stores where they were made, without waiting for the garbage collector."
  (:import (io.mxkv ResourceScope)
           (java.util.function Supplier)))

(set! *warn-on-reflection* true)

(defmacro using
  "Runs the forms and closes every array and store made in them, but not the value they return (an array, a store, or
  those in a vector or list).
  Example:
  (resource-scope/using
   (let [temp-x (ndarray/ones [3 1])
         temp-y (ndarray/ones [3 1])]
    (ndarray/+ temp-x temp-y)))"
  [& forms]
  `(ResourceScope/using (reify Supplier (get [_#] ~@forms))))

(defmacro with-do
  "Alias for a do within `using`."
  [& forms]
  `(using (do ~@forms)))

(defmacro with-let
  "Alias for a let within `using`.
  Example:
  (resource-scope/with-let [temp-x (ndarray/ones [3 1])
                            temp-y (ndarray/ones [3 1])]
    (ndarray/+ temp-x temp-y))"
  [& forms]
  `(using (let ~@forms)))
