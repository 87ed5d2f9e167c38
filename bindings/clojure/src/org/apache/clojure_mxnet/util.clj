(ns org.apache.clojure-mxnet.util
  "Checks of arguments, and the conversions that programs written for clojure-mxnet call. Where those made Scala
  collections, these make Clojure's."
  (:require [clojure.spec.alpha :as s]
            [clojure.string :as string]
            [org.apache.clojure-mxnet.shape :as mx-shape])
  (:import (java.util Optional)))

(set! *warn-on-reflection* true)

(defn validate!
  "Throws an ex-info that says what was wrong unless `value` conforms to `spec`."
  [spec value error-msg]
  (when-not (s/valid? spec value)
    (let [explained (binding [*print-length* 8 *print-level* 4] (s/explain-str spec value))]
      (throw (ex-info (str error-msg ": " (string/replace (string/trim explained) #"\s*\n\s*" "; "))
                      (s/explain-data spec value))))))

(defn keyword->snake-case
  "Transforms a keyword `kw` into a snake-case string; all else is returned as it is.
   Ex:
    (keyword->snake-case :foo-bar) ;\"foo_bar\""
  [kw]
  (if (keyword? kw)
    (string/replace (name kw) "-" "_")
    kw))

(defn empty-list [] ())
(defn empty-map [] {})
(defn empty-indexed-seq [] [])
(defn empty-list-map [] (array-map))

(defn ->option
  "A java.util.Optional, empty for nil."
  [v]
  (Optional/ofNullable v))

(defn ->int-option [v]
  (->option (when v (int v))))

(defn option->value [opt]
  (if (instance? Optional opt) (.orElse ^Optional opt nil) opt))

(defn convert-tuple [param] (vec param))
(defn convert-vector [param] (apply list param))
(defn vec->set [param] (set param))
(defn vec->indexed-seq [x] (vec x))

(defn convert-by-shape
  "Vectors among the values of a map become shapes."
  [param]
  (into {} (for [[k v] param] [k (if (vector? v) (mx-shape/->shape v) v)])))

(def tuple-param-names #{"kernel" "stride" "pad" "target-shape" "shape"})
(def io-param-names #{"input-shape" "data-shape" "label-shape"})

(defn- named-among? [names k]
  (or (contains? names k) (contains? names (name k))))

(defn tuple-convert-by-param-name [param]
  (into {} (for [[k v] param]
             [k (if (named-among? tuple-param-names k)
                  (str (if (vector? v) (mx-shape/->shape v) v))
                  v)])))

(defn io-convert-by-param-name [param]
  (into {} (for [[k v] param]
             [k (cond
                  (named-among? io-param-names k) (str (if (vector? v) (mx-shape/->shape v) v))
                  (true? v) "True"
                  (false? v) "False"
                  :else (str v))])))

(defn convert-map [param]
  (into {} (for [[k v] param] [(keyword->snake-case k) v])))

(defn convert-symbol-map [param] (convert-map (tuple-convert-by-param-name param)))
(defn convert-io-map [param] (convert-map (io-convert-by-param-name param)))
(defn convert-shape-map [param] (convert-map (convert-by-shape param)))

(defn apply-scala-fn [f args] (f args))

(defmacro scala-fn
  "The function itself: there is nothing to convert."
  [f]
  f)

(defmacro forms->scala-fn
  "A function of no arguments from forms."
  [& forms]
  `(fn [] ~@forms))

(defn scala-map->map [m] (into {} m))
(defn buffer->vec [b] (vec b))
(defn scala-vector->vec [x] (vec x))
(defn scala-iterator->seq [x] (iterator-seq x))
(defn tuple->vec [p] (vec p))
(defn coerce-return [return-val] return-val)
(defn coerce-return-recursive [return-val] return-val)

(defn translate-keyword-shape [[k v]]
  [(keyword->snake-case k) (if (vector? v) (mx-shape/->shape v) v)])

(defn map->scala-tuple-seq
  "A map, or a sequence of pairs, as a list of pairs whose names are text with _ for -; all else as it is."
  [map-or-tuple-seq]
  (letfn [(->pair [x]
            (if (coll? x)
              (let [[k v] x]
                [(if (or (ident? k) (string? k)) (string/replace (name k) "-" "_") k) v])
              x))]
    (if (coll? map-or-tuple-seq)
      (apply list (map ->pair map-or-tuple-seq))
      map-or-tuple-seq)))

(defn map->tuple [m] (map translate-keyword-shape m))
(defn list-map [m] (apply array-map (mapcat translate-keyword-shape m)))

(s/def ::non-empty-seq (s/and sequential? not-empty))

(defn to-array-nd
  "Converts any N-D sequential structure to an array with the same dimensions."
  [nd-seq]
  (validate! ::non-empty-seq nd-seq "Invalid N-D sequence")
  (to-array (if (sequential? (first nd-seq)) (mapv to-array-nd nd-seq) nd-seq)))

(defn nd-seq-shape
  "Computes the shape of an n-dimensional sequential structure."
  [nd-seq]
  (validate! ::non-empty-seq nd-seq "Invalid N-D sequence")
  (->> nd-seq
       (iterate first)
       (take-while sequential?)
       (mapv count)))
