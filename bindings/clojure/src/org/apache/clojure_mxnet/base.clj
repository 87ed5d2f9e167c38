(ns org.apache.clojure-mxnet.base
  (:import (io.mxkv DType)))

(set! *warn-on-reflection* true)

(def MX_REAL_TYPE
  "The type of elements where none is given."
  DType/FLOAT32)
