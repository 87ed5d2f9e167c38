(ns mxkv.ndarray-test
  (:require [clojure.java.io :as io]
            [clojure.test :refer [deftest is testing use-fixtures]]
            [mxkv.bad :refer [says]]
            [org.apache.clojure-mxnet.context :as context]
            [org.apache.clojure-mxnet.dtype :as dtype]
            [org.apache.clojure-mxnet.impl.operators :as operators]
            [org.apache.clojure-mxnet.ndarray :as ndarray]
            [org.apache.clojure-mxnet.resource-scope :as resource-scope]
            [org.apache.clojure-mxnet.shape :as mx-shape])
  (:import (io.mxkv NDArray)
           (java.io File)
           (java.util Optional)))

(use-fixtures :each (fn [test] (resource-scope/using (test) nil)))

(defn a [& numbers] (ndarray/array numbers [(count numbers)]))

(deftest creation-in-every-form
  (let [opts {:ctx (context/cpu 1) :dtype dtype/FLOAT64}]
    (doseq [made [(ndarray/empty [2] opts) (ndarray/zeros [2] opts) (ndarray/ones [2] opts) (ndarray/full [2] 3 opts)
                  (ndarray/array [1 2] [2] opts) (ndarray/arange 0 2 opts) (ndarray/->ndarray [1 2] opts)]]
      (is (= [2] (ndarray/shape-vec made)))
      (is (= dtype/FLOAT64 (ndarray/dtype made)))
      (is (= 1 (context/device-id (ndarray/context made))))))
  (is (= [2] (ndarray/shape-vec (ndarray/empty [2]))))
  (is (= [3.0 3.0] (ndarray/->vec (ndarray/full (mx-shape/->shape [2]) 3))))
  (is (= [0.0 1.0 2.0] (ndarray/->vec (ndarray/arange 0 3))))
  (is (= [1.0 2.0] (ndarray/->vec (ndarray/array (float-array [1 2]) [2]))))
  (is (= [0.5 2.0] (ndarray/->vec (ndarray/array [1/2 2N] [2]))))
  (is (= [2 3] (ndarray/shape-vec (ndarray/zeros [2.0 3])) (ndarray/shape-vec (ndarray/zeros (int-array [2 3]))))))

(deftest elements-are-kept-exactly
  (let [large 16777217
        longs-of #(vec (.toLongArray ^NDArray %))]
    (doseq [dtype [dtype/INT64 dtype/INT32]
            made [(ndarray/array [large -1] [2] {:dtype dtype})
                  (ndarray/array (long-array [large -1]) [2] {:dtype dtype})
                  (ndarray/->ndarray [large -1] {:dtype dtype})
                  (ndarray/set (ndarray/zeros [2] {:dtype dtype}) [large -1])]]
      (is (= [large -1] (longs-of made))))
    (is (= [Long/MAX_VALUE] (longs-of (ndarray/array [Long/MAX_VALUE] [1] {:dtype dtype/INT64}))))
    (is (= [0.1] (ndarray/->double-vec (ndarray/array [0.1] [1] {:dtype dtype/FLOAT64}))
           (ndarray/->double-vec (ndarray/->ndarray [0.1] {:dtype dtype/FLOAT64}))))
    (is (= [1.0 0.0] (ndarray/->vec (ndarray/array [0.5 0] [2] {:dtype dtype/BOOL}))))
    (is (= [200.0] (ndarray/->vec (ndarray/array [200] [1] {:dtype dtype/UINT8}))))))

(deftest facts
  (let [x (ndarray/array [1 2 3 4] [2 2])]
    (is (= 16 (ndarray/bytes-allocated x)))
    (is (= [2 2] (mx-shape/->vec (ndarray/shape x))))
    (is (= 2 (mx-shape/length (ndarray/shape x))))
    (is (= 4 (mx-shape/product (ndarray/shape x)) (ndarray/size x)))
    (is (= (ndarray/handle x) (ndarray/native-address x)))
    (is (ndarray/writable x))
    (is (= "NDArray[(2,2) float32 cpu(0)]" (ndarray/to-string x)))
    (is (= (ndarray/hash-code x) (ndarray/hash-code (ndarray/copy x))))
    (is (ndarray/equals x (ndarray/copy x)))
    (is (not (ndarray/equals x 1)))
    (is (identical? x (ndarray/internal x)))
    (is (= [1.0 2.0 3.0 4.0] (vec (ndarray/to-float64-array x))))
    (is (= 7.0 (ndarray/to-float64-scalar (a 7))))
    (is (= [1.0 2.0 3.0 4.0] (ndarray/->double-vec x) (ndarray/->float-vec x) (vec (ndarray/to-array x))))))

(deftest setting
  (let [x (ndarray/zeros [2])]
    (is (identical? x (ndarray/set x 3)))
    (is (= [3.0 3.0] (ndarray/->vec x)))
    (is (= [1.0 2.0] (ndarray/->vec (ndarray/set x [1 2]))))
    (is (= [4.0 5.0] (ndarray/->vec (ndarray/set x (float-array [4 5])))))
    (is (= [6.0 7.0] (ndarray/->vec (ndarray/set x (a 6 7)))))
    (is (= [8.5 9.0] (ndarray/->double-vec (ndarray/set (ndarray/zeros [2] {:dtype dtype/FLOAT64}) [8.5 9]))))
    (says #"Invalid value: " (ndarray/set x nil) (ndarray/set x "1"))
    (says #"Invalid elements: " (ndarray/set x ["1" "2"]))
    (says #"has 2, got 1" (ndarray/set x [1]))))

(deftest views-and-copies
  (let [x (ndarray/array [1 2 3 4] [2 2])]
    (is (= [2 2] (ndarray/shape-vec (ndarray/reshape x (mx-shape/->shape [2 2])))))
    (is (= [4] (ndarray/shape-vec (ndarray/reshape x [-1])) (ndarray/shape-vec (ndarray/reshape x (int-array [-1])))))
    (let [deep (ndarray/zeros [10 5 4])]
      (is (= [40 5] (ndarray/shape-vec (ndarray/reshape deep (long-array [-1 0])))
             (ndarray/shape-vec (ndarray/reshape deep (long-array [-1 0]) (Optional/empty)))))
      (is (= [50 4] (ndarray/shape-vec (ndarray/reshape deep (long-array [-1 0]) (Optional/of true)))
             (ndarray/shape-vec (ndarray/reshape deep [-1 0] true)))))
    (is (= [3.0 4.0] (ndarray/->vec (ndarray/slice x 1)) (ndarray/->vec (ndarray/at x 1))))
    (is (= [1.0 2.0] (ndarray/->vec (ndarray/slice x 0 1))))
    (is (identical? x (ndarray/as-in-context x (context/cpu))))
    (is (= 2 (context/device-id (ndarray/context (ndarray/as-in-context x (context/cpu 2))))))
    (is (= 3 (context/device-id (ndarray/context (ndarray/copy-to x (context/cpu 3))))))
    (is (= dtype/INT32 (ndarray/dtype (ndarray/as-type x dtype/INT32))))
    (let [sparse (ndarray/to-sparse x)]
      (is (ndarray/is-sparse sparse))
      (is (not (ndarray/is-sparse x)))
      (is (= "row_sparse" (str (ndarray/sparse-format sparse))))
      (is (= "row_sparse" (str (ndarray/sparse-format (ndarray/to-sparse x (Optional/empty))))))
      (is (= [1.0 2.0 3.0 4.0] (ndarray/->vec sparse))))
    (says #"Only 2D matrix" (ndarray/t (a 1)))
    (says #"Invalid index: " (ndarray/at x nil) (ndarray/slice x 1.5))
    (says #"Invalid shape: " (ndarray/reshape x nil) (ndarray/reshape x ["a"]))))

(deftest arithmetic-in-every-form
  (doseq [[f array-result number-result] [[ndarray/+ [4.0 6.0] [3.0 5.0]] [ndarray/- [0.0 0.0] [0.0 1.0]]
                                          [ndarray/* [4.0 9.0] [4.0 6.0]] [ndarray/div [1.0 1.0] [1.0 1.5]]
                                          [ndarray// [1.0 1.0] [1.0 1.5]] [ndarray/% [0.0 0.0] [0.0 1.0]]
                                          [ndarray/** [4.0 27.0] [4.0 9.0]] [ndarray/power [4.0 27.0] [4.0 9.0]]
                                          [ndarray/> [0.0 0.0] [0.0 1.0]] [ndarray/>= [1.0 1.0] [1.0 1.0]]
                                          [ndarray/< [0.0 0.0] [0.0 0.0]] [ndarray/<= [1.0 1.0] [1.0 0.0]]
                                          [ndarray/equal [1.0 1.0] [1.0 0.0]] [ndarray/not-equal [0.0 0.0] [0.0 1.0]]
                                          [ndarray/greater [0.0 0.0] [0.0 1.0]]
                                          [ndarray/greater-equal [1.0 1.0] [1.0 1.0]]
                                          [ndarray/lesser [0.0 0.0] [0.0 0.0]]
                                          [ndarray/lesser-equal [1.0 1.0] [1.0 0.0]]
                                          [ndarray/maximum [2.0 3.0] [2.0 3.0]]
                                          [ndarray/minimum [2.0 3.0] [2.0 2.0]]]
          :let [x (a 2 3)
                number (if (= f ndarray/+) 1 2)
                expected (if (= f ndarray/+) [3.0 4.0] number-result)]]
    (is (= (if (= f ndarray/+) [4.0 6.0] array-result) (ndarray/->vec (f x (ndarray/copy x)))) (str f))
    (is (= expected (ndarray/->vec (f x number))) (str f))
    (is (= [2.0 3.0] (ndarray/->vec x)))
    (says #"Invalid input array: " (f nil 1) (f x nil) (f x "1") (f [1] x)))
  (is (= [4.0 8.0] (ndarray/->vec (ndarray/power 2 (a 2 3)))))
  (is (= [2.0 3.0] (ndarray/->vec (ndarray/maximum 2 (a 1 3)))))
  (is (= [1.0 2.0] (ndarray/->vec (ndarray/minimum 2 (a 1 3)))))
  (is (= [-2.0] (ndarray/->vec (ndarray/unary-- (a 2)))))
  (doseq [[f expected] [[ndarray/+= 6.0] [ndarray/-= 2.0] [ndarray/*= 8.0] [ndarray/div= 2.0] [ndarray/%= 0.0]
                        [ndarray/**= 16.0]]]
    (let [x (a 4)]
      (is (identical? x (f x 2)))
      (is (= [expected] (ndarray/->vec x)))
      (is (identical? x (f x (a 1)))))))

(deftest operators-take-positions-names-and-out
  (let [x (a -1 3)
        out (a 0 0)]
    (is (= [0.0 2.0] (ndarray/->vec (ndarray/clip x 0 2)) (ndarray/->vec (ndarray/clip x {:a-min 0 :a-max 2}))))
    (is (identical? out (ndarray/clip x {:a-min 0 :a-max 2 :out out})))
    (is (= [0.0 2.0] (ndarray/->vec out)))
    (is (= [4 1] (ndarray/shape-vec (ndarray/concat (ndarray/ones [2 1]) (ndarray/ones [2 1]) {:dim 0}))))
    (is (= [4 1] (ndarray/shape-vec (ndarray/concat [(ndarray/ones [2 1]) (ndarray/ones [2 1])] {:dim 0}))))
    (is (= [1 2] (ndarray/shape-vec (ndarray/expand-dims x 0))))
    (is (= [3 2] (ndarray/shape-vec (ndarray/broadcast-to (ndarray/ones [1 2]) [3 2]))))
    (is (= [-1.0] (ndarray/->vec (ndarray/slice-channel (ndarray/reshape x [2 1]) {:num-outputs 2 :axis 0
                                                                                     :squeeze-axis true}))))
    (says #"expected an NDArray or a parameter, got nil" (ndarray/abs nil))
    (says #"takes at most" (ndarray/clip x 0 1 2 3 4 5 6))
    (says #"Invalid parameter" (ndarray/clip x {:a-min (Object.) :a-max 1}))
    (is (thrown? io.mxkv.MxkvException (ndarray/clip x {:no-such 1})))
    (is (thrown? io.mxkv.MxkvException (ndarray/clip x "a" "b")))))

(deftest names-that-are-not-carried-fail-when-the-caller-is-loaded
  (let [loading (fn [form]
                  (try
                    (binding [*ns* (the-ns 'mxkv.ndarray-test)]
                      (eval `(fn [] ~form)))
                    nil
                    (catch clojure.lang.Compiler$CompilerException e (.getMessage (.getCause e)))))]
    (is (= "org.apache.clojure-mxnet.ndarray/api: the functions of the original's experimental API are in a namespace of their own; see docs/jvm.md"
           (loading '(org.apache.clojure-mxnet.ndarray/api))))
    (doseq [[function op] operators/functions
            :when (not (operators/carried? op))]
      (is (re-find (re-pattern (str function ": the operator " op " is not part of this library"))
                   (str (loading `(~(symbol "org.apache.clojure-mxnet.ndarray" (str function))))))))
    (testing "and all others are functions"
      (doseq [[function op] operators/functions
              :when (operators/carried? op)]
        (is (fn? @(ns-resolve 'org.apache.clojure-mxnet.ndarray function)))))))

(deftest files
  (let [file (str (File/createTempFile "arrays" ".bin"))]
    (ndarray/save file {:my-weight (a 1) "bias" (a 2) 'other (a 3)})
    (is (= {"my_weight" (a 1) "bias" (a 2) "other" (a 3)} (ndarray/load file) (ndarray/load2-map file)))
    (is (= 3 (count (ndarray/load2-array file))))
    (ndarray/save-to-file file (a 4))
    (is (= (a 4) (ndarray/load-from-file file)))
    (is (= (a 4) (ndarray/deserialize (ndarray/serialize (a 4)))))
    (says #"Invalid filename: " (ndarray/load nil) (ndarray/save nil {}))
    (says #"Invalid arrays: " (ndarray/save file nil) (ndarray/save file {"a" 1}))
    (says #"Invalid bytes: " (ndarray/deserialize nil))
    (is (thrown? io.mxkv.MxkvException (ndarray/load "/absent/file")))
    (is (thrown? io.mxkv.MxkvException (ndarray/deserialize (byte-array [1 2 3 4 5 6 7 8]))))
    (io/delete-file file)))

(deftest life
  (let [x (a 1)
        y (a 2)]
    (is (identical? x (ndarray/wait-to-read x)))
    (is (nil? (ndarray/waitall)))
    (is (false? (ndarray/is-disposed x)))
    (is (nil? (ndarray/dispose x)))
    (is (nil? (ndarray/dispose x true)))
    (is (nil? (ndarray/close y)))
    (is (true? (ndarray/is-disposed x)))
    (is (true? (ndarray/is-de-allocated y)))
    (says #"used after it was closed" (ndarray/->vec x) (ndarray/+ x 1) (ndarray/shape x))))

(deftest bad-creation
  (says #"Invalid shape: " (ndarray/zeros [1.5]) (ndarray/zeros ["a"]) (ndarray/zeros 3))
  (says #"shape: expected lengths of 0 or more" (ndarray/zeros [-1]))
  (says #"Invalid options: " (ndarray/zeros [1] {:ctx "cpu"}) (ndarray/zeros [1] {:dtype "float32"}))
  (says #"Invalid value: " (ndarray/full [1] nil) (ndarray/full [1] "1"))
  (says #"Invalid elements: " (ndarray/array ["a"] [1]) (ndarray/array 3 [3])
        (ndarray/array 3 [3] {:dtype dtype/INT64}))
  (says #"elements: the shape \(2\) has 2, got 3" (ndarray/array [1 2 3] [2]))
  (says #"Invalid N-D sequence: " (ndarray/->ndarray nil) (ndarray/->ndarray []))
  (says #"Invalid start: " (ndarray/arange nil 1))
  (says #"Invalid device id: " (context/cpu -1) (context/gpu nil))
  (says #"Invalid arrays: " (ndarray/concatenate []) (ndarray/concatenate nil) (ndarray/concatenate [1])))
