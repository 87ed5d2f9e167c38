(ns org.apache.clojure-mxnet.dtype
  "The types of elements."
  (:import (io.mxkv DType)))

(set! *warn-on-reflection* true)

(def UINT8 DType/UINT8)
(def INT8 DType/INT8)
(def INT32 DType/INT32)
(def INT64 DType/INT64)
(def FLOAT16 DType/FLOAT16)
(def FLOAT32 DType/FLOAT32)
(def FLOAT64 DType/FLOAT64)
(def BFLOAT16 DType/BFLOAT16)
(def BOOL DType/BOOL)
