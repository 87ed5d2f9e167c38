(ns org.apache.clojure-mxnet.ndarray
  "Arrays in native memory. Besides the functions written out here there is one for every operator that the original has
  a function for; a call of one that the library does not carry fails when the caller is loaded, with a message."
  (:refer-clojure :exclude [* - + > >= < <= / abs cast concat empty flatten identity load max min ref repeat reverse set
                            shuffle sort take to-array])
  (:require [clojure.core :as core]
            [clojure.spec.alpha :as s]
            [org.apache.clojure-mxnet.base :as base]
            [org.apache.clojure-mxnet.context :as mx-context]
            [org.apache.clojure-mxnet.impl.operators :as operators]
            [org.apache.clojure-mxnet.shape :as mx-shape]
            [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv Context DType NDArray Shape StorageType)
           (java.util Map)))

(set! *warn-on-reflection* true)

(operators/define! *ns*)

(doseq [[function reason]
        '{api "the functions of the original's experimental API are in a namespace of their own"
          random "use the namespace random"
          org.apache.mxnet.nd-array "arrays are not made from native addresses"
          creation-trace "there is no leak tracing; forgotten arrays are freed"
          tracing-enabled "there is no leak tracing; forgotten arrays are freed"
          log-dispose-warning "there is no leak tracing; forgotten arrays are freed"
          finalize "forgotten arrays are freed"
          native-de-allocator "how arrays are freed is not for callers"
          ref "how arrays are freed is not for callers"
          register "use the namespace resource-scope"
          scope "use the namespace resource-scope"
          scope-= "use the namespace resource-scope"}]
  (operators/absent! *ns* function reason))

(s/def ::ndarray #(instance? NDArray %))
(s/def ::ndarrays (s/coll-of ::ndarray :kind sequential? :min-count 1))
(s/def ::number number?)
(s/def ::ctx (s/nilable #(instance? Context %)))
(s/def ::dtype (s/nilable #(instance? DType %)))
(s/def ::opts (s/nilable (s/keys :opt-un [::ctx ::dtype])))
(s/def ::index int?)
(s/def ::fname string?)
(s/def ::vector vector?)
(s/def ::sequential sequential?)
(s/def ::shape-vec-match-vec (fn [[v vec-shape]] (= (count v) (reduce core/* 1 vec-shape))))
(s/def ::named-arrays (s/map-of (some-fn string? keyword? symbol?) ::ndarray))
(s/def ::byte-array bytes?)

(def ^:private ^Class LONGS (core/class (long-array 0)))
(def ^:private ^Class DOUBLES (core/class (double-array 0)))

(defn- the-array
  ^NDArray [ndarray]
  (if (instance? NDArray ndarray)
    ndarray
    (util/validate! ::ndarray ndarray "Invalid input array")))

(defn- java-array
  "The numbers of a vector or Java array, as a Java array of a type that holds those of the dtype exactly."
  [source dtype]
  (let [->array (condp contains? dtype
                  #{DType/INT64 DType/INT32 DType/INT8 DType/UINT8} long-array
                  #{DType/FLOAT64 DType/BOOL} double-array
                  float-array)]
    (try
      ;; A number alone would be taken for a length.
      (->array (if (number? source) [nil] source))
      (catch Exception _
        (throw (ex-info (str "Invalid elements: expected numbers, got "
                             (binding [*print-length* 8] (pr-str source)))
                        {:value source}))))))

(defn- copy-numbers!
  ^NDArray [^NDArray target source]
  (let [numbers (java-array source (.dtype target))]
    (condp instance? numbers
      LONGS (.copyFrom target ^longs numbers)
      DOUBLES (.copyFrom target ^doubles numbers)
      (.copyFrom target ^floats numbers))))

;;; Creation

(defn empty
  "Create an array of a shape whose elements are not set."
  ([shape-vec {:keys [ctx dtype] :as opts}]
   (util/validate! ::opts opts "Invalid options")
   (NDArray/empty (mx-shape/->shape shape-vec) (or ctx (mx-context/default-context)) (or dtype base/MX_REAL_TYPE)))
  ([shape-vec]
   (empty shape-vec {})))

(defn full
  "Create an array filled with a value."
  ([shape-vec value opts]
   (util/validate! ::number value "Invalid value")
   (.fill ^NDArray (empty shape-vec opts) (double value)))
  ([shape-vec value]
   (full shape-vec value {})))

(defn zeros
  "Create an array filled with 0."
  ([shape-vec opts] (full shape-vec 0 opts))
  ([shape-vec] (zeros shape-vec {})))

(defn ones
  "Create an array filled with 1."
  ([shape-vec opts] (full shape-vec 1 opts))
  ([shape-vec] (ones shape-vec {})))

(defn array
  "Create an array with the elements of a vector (or Java array of numbers), row by row."
  ([source-vec shape-vec opts]
   (copy-numbers! (empty shape-vec opts) source-vec))
  ([source-vec shape-vec]
   (array source-vec shape-vec {})))

(defn arange
  "Evenly spaced values from `start` (included) to `stop` (not included), `step` apart, each `repeat` times."
  ([start stop {:keys [step repeat ctx dtype] :as opts}]
   (util/validate! ::opts opts "Invalid options")
   (util/validate! ::number start "Invalid start")
   (util/validate! ::number stop "Invalid stop")
   (NDArray/arange (double start) (double stop) (double (or step 1)) (int (or repeat 1))
                   (or ctx (mx-context/default-context)) (or dtype base/MX_REAL_TYPE)))
  ([start stop]
   (arange start stop {})))

(defn ->ndarray
  "Creates an array with the elements and the shape of an n-dimensional vector.
   Ex:
    (->ndarray [5.0 -4.0])
    (->ndarray [[1 2 3] [4 5 6]] {:ctx (context/cpu)})"
  ([nd-vec opts]
   (array (vec (core/flatten nd-vec)) (util/nd-seq-shape nd-vec) opts))
  ([nd-vec]
   (->ndarray nd-vec {})))

;;; What it is

(defn shape [ndarray] (.shape (the-array ndarray)))
(defn shape-vec [ndarray] (mx-shape/->vec (shape ndarray)))
(defn dtype [ndarray] (.dtype (the-array ndarray)))
(defn context [ndarray] (.context (the-array ndarray)))
(defn is-sparse [ndarray] (.isSparse (the-array ndarray)))
(defn sparse-format [ndarray] (.storageType (the-array ndarray)))
(defn handle [ndarray] (.nativeHandle (the-array ndarray)))
(defn native-address [ndarray] (handle ndarray))
(defn writable [ndarray] (not (.isClosed (the-array ndarray))))
(defn bytes-allocated [ndarray] (core/* (.size (the-array ndarray)) (.bytes (.dtype (the-array ndarray)))))
(defn to-string [ndarray] (str (the-array ndarray)))
(defn hash-code [ndarray] (.hashCode (the-array ndarray)))
(defn equals [ndarray other] (.equals (the-array ndarray) other))

(defn size
  "The number of elements, also of a map such as `dependencies` returns."
  [ndarray]
  (if (instance? Map ndarray)
    (.size ^Map ndarray)
    (.size (the-array ndarray))))

;;; Elements

(defn internal
  "The array itself: its Java class has the methods getting raw and converted elements."
  [ndarray]
  (the-array ndarray))

(defn to-array [ndarray] (.toFloatArray (the-array ndarray)))
(defn to-float64-array [ndarray] (.toDoubleArray (the-array ndarray)))
(defn to-scalar [ndarray] (.toScalar (the-array ndarray)))
(defn to-float64-scalar [ndarray]
  (to-scalar ndarray)
  (first (to-float64-array ndarray)))
(defn ->raw [ndarray] (.toRawBytes (the-array ndarray)))
(defn ->float-vec [ndarray] (vec (.toFloatArray (the-array ndarray))))
(defn ->int-vec [ndarray] (vec (.toIntArray (the-array ndarray))))
(defn ->double-vec [ndarray] (vec (.toDoubleArray (the-array ndarray))))
(defn ->byte-vec [ndarray] (vec (.toByteArray (the-array ndarray))))

(defn ->vec
  "The elements as a vector of one dimension."
  [ndarray]
  (->float-vec ndarray))

(defn- vec->nd-vec
  "Convert a vector `v` into a n-dimensional vector of the shape `shape-vec`."
  [v [s1 & ss :as shape-vec]]
  (util/validate! ::sequential v "Invalid input vector `v`")
  (util/validate! ::sequential shape-vec "Invalid input vector `shape-vec`")
  (util/validate! ::shape-vec-match-vec [v shape-vec] "Mismatch between vector `v` and vector `shape-vec`")
  (if-not (seq ss)
    (vec v)
    (->> v
         (partition (core// (count v) s1))
         (mapv #(vec->nd-vec % ss)))))

(defn ->nd-vec
  "The elements as a vector of vectors, as the array's shape is.
  Ex:
    (->nd-vec (array [1] [1 1 1]))           ;[[[1.0]]]
    (->nd-vec (array [1 2 3 4 5 6] [3 1 2])) ;[[[1.0 2.0]] [[3.0 4.0]] [[5.0 6.0]]]"
  [ndarray]
  (vec->nd-vec (->vec ndarray) (shape-vec ndarray)))

(defn set
  "Set all elements: to a number, to those of a vector or Java array, or to those of another array."
  [ndarray value]
  (let [target (the-array ndarray)]
    (cond
      (number? value) (.fill target (double value))
      (instance? NDArray value) (do (.copyTo ^NDArray value target) target)
      (or (sequential? value) (and value (.isArray (core/class value)))) (copy-numbers! target value)
      :else (throw (ex-info (str "Invalid value: expected a number, numbers or an NDArray, got " (pr-str value))
                            {:value value})))))

;;; Views and copies

(defn slice
  "One row, or the rows from `start` to before `stop`, sharing memory with the array."
  ([ndarray i]
   (util/validate! ::index i "Invalid index")
   (.slice (the-array ndarray) (long i)))
  ([ndarray start stop]
   (util/validate! ::index start "Invalid start")
   (util/validate! ::index stop "Invalid stop")
   (.slice (the-array ndarray) (long start) (long stop))))

(defn at
  "One row without its axis, sharing memory with the array."
  [ndarray num]
  (util/validate! ::index num "Invalid index")
  (.at (the-array ndarray) (long num)))

(defn reshape
  "The same elements in another shape (a vector, an array of numbers or a shape), sharing memory with the array. Lengths
  from -4 to 0 have MXNet's meanings; with `reverse`, a boolean, they are read from the last axis backwards."
  ([ndarray dims]
   (reshape ndarray dims false))
  ([ndarray dims reverse]
   (.reshape (the-array ndarray) (mx-shape/->longs dims) (boolean (util/option->value reverse)))))

(defn copy [ndarray] (.copy (the-array ndarray)))

(defn copy-to
  "Copy the elements of an array to another one, or a copy of it to a context."
  [source-ndarray target]
  (if (instance? Context target)
    (.copyTo (the-array source-ndarray) ^Context target)
    (.copyTo (the-array source-ndarray) (the-array target))))

(defn as-in-context
  "The array if it lives in the context, otherwise a copy there."
  [ndarray ctx]
  (.asInContext (the-array ndarray) ctx))

(defn as-type
  "A copy with another type of elements."
  [ndarray dtype]
  (.asType (the-array ndarray) dtype))

(defn to-sparse
  "A copy that is row_sparse, or of the given storage type."
  ([ndarray] (to-sparse ndarray nil))
  ([ndarray storage]
   (.asStorage (the-array ndarray) (or (util/option->value storage) StorageType/ROW_SPARSE))))

(defn t
  "The transpose of a matrix."
  [ndarray]
  (when-not (= 2 (count (shape-vec ndarray)))
    (throw (ex-info (str "Only 2D matrix is allowed to be transposed, got the shape " (shape ndarray)) {})))
  (operators/run 'transpose [ndarray]))

(defn concatenate
  "Joins arrays along an axis: the first one, or with a map `:axis` (1 if the map has none)."
  ([ndarrays {:keys [axis always-copy] :or {axis 1 always-copy true}}]
   (util/validate! ::ndarrays ndarrays "Invalid arrays")
   (if (and (not always-copy) (= 1 (count ndarrays)))
     (first ndarrays)
     (operators/run 'Concat [ndarrays {:num-args (count ndarrays) :dim axis}])))
  ([ndarrays]
   (concatenate ndarrays {:axis 0})))

(defn onehot-encode
  "Writes rows into `out` that are 1 at the column named in `indices` and 0 elsewhere."
  [indices out]
  (operators/run '_onehot_encode [(the-array indices) (the-array out) {:out (the-array out)}]))

;;; Arithmetic and comparison

(defn- binary
  "An array with an array or a number, by the operators for both cases."
  [array-op scalar-op]
  (fn [ndarray other]
    (if (number? other)
      (operators/run scalar-op [(the-array ndarray) other])
      (operators/run array-op [(the-array ndarray) (the-array other)]))))

(defn- in-place [array-op scalar-op]
  (fn [ndarray other]
    (if (number? other)
      (operators/run scalar-op [(the-array ndarray) other {:out ndarray}])
      (operators/run array-op [(the-array ndarray) (the-array other) {:out ndarray}]))))

(defmacro ^:private defbinary [name doc maker array-op scalar-op]
  `(def ~(with-meta name {:doc doc :arglists ''([ndarray ndarray-or-number])})
     (~maker '~array-op '~scalar-op)))

(defbinary + "Sum." binary _plus _plus_scalar)
(defbinary - "Difference." binary _minus _minus_scalar)
(defbinary * "Product of elements." binary _mul _mul_scalar)
(defbinary div "Quotient." binary _div _div_scalar)
(defbinary % "Remainder." binary _mod _mod_scalar)
(defbinary ** "Power." binary _power _power_scalar)
(defbinary += "Adds in place." in-place _plus _plus_scalar)
(defbinary -= "Subtracts in place." in-place _minus _minus_scalar)
(defbinary *= "Multiplies in place." in-place _mul _mul_scalar)
(defbinary div= "Divides in place." in-place _div _div_scalar)
(defbinary %= "Remainder in place." in-place _mod _mod_scalar)
(defbinary **= "Power in place." in-place _power _power_scalar)
(defbinary > "1 where greater, else 0." binary broadcast_greater _greater_scalar)
(defbinary >= "1 where greater or equal, else 0." binary broadcast_greater_equal _greater_equal_scalar)
(defbinary < "1 where less, else 0." binary broadcast_lesser _lesser_scalar)
(defbinary <= "1 where less or equal, else 0." binary broadcast_lesser_equal _lesser_equal_scalar)
(defbinary equal "1 where equal, else 0." binary broadcast_equal _equal_scalar)
(defbinary not-equal "1 where not equal, else 0." binary broadcast_not_equal _not_equal_scalar)
(defbinary greater "1 where greater, else 0." binary broadcast_greater _greater_scalar)
(defbinary greater-equal "1 where greater or equal, else 0." binary broadcast_greater_equal _greater_equal_scalar)
(defbinary lesser "1 where less, else 0." binary broadcast_lesser _lesser_scalar)
(defbinary lesser-equal "1 where less or equal, else 0." binary broadcast_lesser_equal _lesser_equal_scalar)

(defn / [ndarray num-or-NDArray]
  (div ndarray num-or-NDArray))

(defn unary-- [ndarray]
  (operators/run '_mul_scalar [(the-array ndarray) -1]))

(defn- either-way
  "Two arrays, or an array and a number in any order."
  [array-op scalar-op reversed-op a b]
  (cond
    (number? b) (operators/run scalar-op [(the-array a) b])
    (number? a) (operators/run reversed-op [(the-array b) a])
    :else (operators/run array-op [(the-array a) (the-array b)])))

(defn power [a b]
  (either-way '_power '_power_scalar '_rpower_scalar a b))

(defn maximum [a b]
  (either-way '_maximum '_maximum_scalar '_maximum_scalar a b))

(defn minimum [a b]
  (either-way '_minimum '_minimum_scalar '_minimum_scalar a b))

;;; Files and bytes

(defn save
  "Save a map of names to arrays in a file."
  [fname map-of-name-to-ndarray]
  (util/validate! ::fname fname "Invalid filename")
  (util/validate! ::named-arrays map-of-name-to-ndarray "Invalid arrays")
  (NDArray/save ^String fname ^Map (into {} (for [[k v] map-of-name-to-ndarray]
                                              [(if (string? k) k (util/keyword->snake-case (keyword k))) v]))))

(defn load2-map
  "The arrays of a file by name; by number if the file has no names."
  [fname]
  (util/validate! ::fname fname "Invalid filename")
  (into {} (NDArray/load fname)))

(defn load
  "Takes a filename and returns back a map of ndarray-name to ndarray"
  [filename]
  (load2-map filename))

(defn load2-array
  "The arrays of a file in their order."
  [fname]
  (util/validate! ::fname fname "Invalid filename")
  (vec (NDArray/loadList fname)))

(defn save-to-file
  "Save one ndarray to a file"
  [fname ndarray]
  (save fname {"default" ndarray}))

(defn load-from-file
  "Load one ndarray from a file"
  [fname]
  (first (load2-array fname)))

(defn serialize [ndarray] (.serialize (the-array ndarray)))

(defn deserialize [byte-array]
  (util/validate! ::byte-array byte-array "Invalid bytes")
  (NDArray/deserialize byte-array))

;;; Life

(defn wait-to-read
  "Waits until the elements can be read."
  [ndarray]
  (.waitToRead (the-array ndarray)))

(defn waitall
  "Waits for all work of the process."
  []
  (NDArray/waitAll))

(defn dispose
  "Frees the native memory now."
  ([ndarray] (.close (the-array ndarray)))
  ([ndarray _remove-from-scope] (dispose ndarray)))

(defn close [ndarray] (dispose ndarray))

(defn is-disposed [ndarray] (.isClosed (the-array ndarray)))

(defn is-de-allocated [ndarray] (is-disposed ndarray))

(defn dependencies
  "The arrays from which this one was computed, by handle, weakly held. Long chains are cut."
  [ndarray]
  (into {} (.dependencies (the-array ndarray))))

(defn dispose-deps
  "Frees the arrays from which this one was computed."
  [ndarray]
  (.closeDependencies (the-array ndarray)))

(defn dispose-deps-except
  "Frees the arrays from which this one was computed, but for some and what those were computed from."
  [ndarray & ndarrays]
  (.closeDependenciesExcept (the-array ndarray)
                            (into-array NDArray (if (sequential? (first ndarrays)) (first ndarrays) ndarrays))))
