(ns org.apache.clojure-mxnet.impl.operators
  "Which functions of the ndarray namespace run which operator of the library, and how their arguments become the
  operator's inputs and parameters."
  (:require [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv Context DType NDArray Shape)
           (java.util LinkedHashMap Map)))

(set! *warn-on-reflection* true)

(def ^:private same-name
  "Operators whose function has their name, but for - in place of _."
  '[abs adam_update add_n all_finite amp_cast amp_multicast arccos arccosh arcsin arcsinh arctan arctanh
    argmax argmax_channel argmin argsort batch_dot batch_take broadcast_add broadcast_axes
    broadcast_axis broadcast_div broadcast_equal broadcast_greater broadcast_greater_equal
    broadcast_hypot broadcast_lesser broadcast_lesser_equal broadcast_like broadcast_logical_and
    broadcast_logical_or broadcast_logical_xor broadcast_maximum broadcast_minimum broadcast_minus
    broadcast_mod broadcast_mul broadcast_not_equal broadcast_plus broadcast_power broadcast_sub
    broadcast_to cast cast_storage cbrt ceil choose_element_0index clip col2im concat cos cosh crop
    ctc_loss cumsum degrees depth_to_space diag dot elemwise_add elemwise_div elemwise_mul elemwise_sub
    erf erfinv exp expand_dims expm1 fill_element_0index fix flatten flip floor ftml_update ftrl_update
    gamma gammaln gather_nd hard_sigmoid identity im2col khatri_rao lamb_update_phase1
    lamb_update_phase2 linalg_det linalg_extractdiag linalg_extracttrian linalg_gelqf linalg_gemm
    linalg_gemm2 linalg_inverse linalg_makediag linalg_maketrian linalg_potrf linalg_potri
    linalg_slogdet linalg_sumlogdiag linalg_syrk linalg_trmm linalg_trsm log log10 log1p log2
    log_softmax logical_not make_loss max max_axis mean min min_axis moments mp_lamb_update_phase1
    mp_lamb_update_phase2 mp_nag_mom_update mp_sgd_mom_update mp_sgd_update multi_all_finite multi_lars
    multi_mp_sgd_mom_update multi_mp_sgd_update multi_sgd_mom_update multi_sgd_update multi_sum_sq
    nag_mom_update nanprod nansum negative norm normal one_hot ones_like pad pick
    preloaded_multi_mp_sgd_mom_update preloaded_multi_mp_sgd_update preloaded_multi_sgd_mom_update
    preloaded_multi_sgd_update prod radians random_exponential random_gamma
    random_generalized_negative_binomial random_negative_binomial random_normal random_pdf_dirichlet
    random_pdf_exponential random_pdf_gamma random_pdf_generalized_negative_binomial
    random_pdf_negative_binomial random_pdf_normal random_pdf_poisson random_pdf_uniform random_poisson
    random_randint random_uniform ravel_multi_index rcbrt reciprocal relu repeat reset_arrays
    reshape_like reverse rint rmsprop_update rmspropalex_update round rsqrt sample_exponential
    sample_gamma sample_generalized_negative_binomial sample_multinomial sample_negative_binomial
    sample_normal sample_poisson sample_uniform scatter_nd sgd_mom_update sgd_update shape_array shuffle
    sigmoid sign signsgd_update signum_update sin sinh size_array slice_axis slice_like smooth_l1
    softmax softmax_cross_entropy softmin softsign sort space_to_depth split sqrt square squeeze stack
    stop_gradient sum sum_axis swapaxes take tan tanh tile topk transpose trunc uniform unravel_index
    where zeros_like])

(def ^:private other-name
  '{activation Activation batch-norm BatchNorm batch-norm-v1 BatchNorm_v1
    bilinear-sampler BilinearSampler block-grad BlockGrad convolution Convolution
    convolution-v1 Convolution_v1 correlation Correlation custom Custom deconvolution Deconvolution
    dropout Dropout element-wise-sum ElementWiseSum embedding Embedding fully-connected FullyConnected
    grid-generator GridGenerator group-norm GroupNorm
    identity-attach-kl-sparse-reg IdentityAttachKLSparseReg instance-norm InstanceNorm
    l2-normalization L2Normalization layer-norm LayerNorm leaky-re-lu LeakyReLU
    linear-regression-output LinearRegressionOutput logistic-regression-output LogisticRegressionOutput
    lrn LRN mae-regression-output MAERegressionOutput pooling Pooling pooling-v1 Pooling_v1
    reshape Reshape rnn RNN roi-pooling ROIPooling sequence-last SequenceLast sequence-mask SequenceMask
    sequence-reverse SequenceReverse slice-channel SliceChannel softmax-activation SoftmaxActivation
    softmax-output SoftmaxOutput spatial-transformer SpatialTransformer svm-output SVMOutput
    swap-axis SwapAxis up-sampling UpSampling})

(def functions
  "Function name to operator name, both symbols."
  (into (sorted-map) (concat other-name
                             (for [op same-name] [(symbol (.replace (name op) \_ \-)) op]))))

(defn carried?
  "Whether the library has the operator."
  [op]
  (.contains (NDArray/operators) (name op)))

(defn- parameter-text [v]
  (cond
    (keyword? v) (util/keyword->snake-case v)
    (sequential? v) (str "(" (apply str (interpose "," (map parameter-text v))) ")")
    (ratio? v) (double v)
    (or (number? v) (string? v) (boolean? v) (symbol? v)
        (instance? Shape v) (instance? Context v) (instance? DType v)) v
    :else (throw (ex-info (str "Invalid parameter: expected a number, text, shape or array, got " (pr-str v))
                          {:value v}))))

(defn- parameters
  "The named parameters, then the positional ones under the operator's own names."
  ^Map [^String op named positional]
  (let [params (LinkedHashMap.)
        names (NDArray/operatorParameters op)]
    (when (< (count names) (count positional))
      (throw (ex-info (str op ": takes at most " (count names) " arguments that are not arrays " (vec names)
                           ", got " (count positional))
                      {:operator op :arguments positional})))
    (doseq [[k v] named
            :when (not= :out (keyword k))]
      (.put params (util/keyword->snake-case (keyword k)) (parameter-text v)))
    (doseq [[k v] (map vector names positional)]
      (.put params k (parameter-text v)))
    params))

(defn- arrays ^"[Lio.mxkv.NDArray;" [coll]
  (into-array NDArray coll))

(defn run
  "Runs an operator on arguments as the ndarray functions take them: arrays (also in vectors) are its inputs, all else
  its parameters in their order; a map, last, names parameters. With :out in it the result goes there. Of several
  results the first is returned."
  [op args]
  (let [op (name op)
        named (when (map? (last args)) (last args))
        args (if named (butlast args) args)
        array-like? (fn [x] (or (instance? NDArray x)
                                (and (sequential? x) (seq x) (every? #(instance? NDArray %) x))))
        inputs (arrays (mapcat #(if (sequential? %) % [%]) (filter array-like? args)))
        positional (remove array-like? args)
        out (when named (or (:out named) (get named "out")))]
    (when (some nil? args)
      (throw (ex-info (str op ": expected an NDArray or a parameter, got nil") {:operator op :arguments args})))
    (let [params (parameters op named positional)]
      (if out
        (do (NDArray/invokeInto op params (arrays (if (sequential? out) out [out])) inputs)
            out)
        (let [results (NDArray/invoke op params inputs)]
          (doseq [^NDArray unused (rest results)]
            (.close unused))
          (first results))))))

(defn- refuse [ns-name function reason]
  (fn [_form _env & _args]
    (throw (UnsupportedOperationException. (str ns-name "/" function ": " reason)))))

(defn absent!
  "Defines a name that cannot be used: a call to it fails when the caller is loaded, with the reason."
  [ns function reason]
  (let [reason (str reason "; see docs/jvm.md")]
    (.setMacro ^clojure.lang.Var (intern ns (with-meta function {:doc (str "Not carried: " reason)})
                                         (refuse (ns-name ns) function reason)))))

(defn define!
  "Defines the functions of all operators in a namespace; those that the library does not carry become `absent!`."
  [ns]
  (doseq [[function op] functions]
    (if (carried? op)
      (intern ns
              (with-meta function
                {:doc (str "Runs the operator " op ". Arrays are its inputs, other arguments its parameters in their "
                           "order; a map, last, names parameters, `:out` the array for the result.")
                 :arglists '([& nd-array-and-params])})
              (fn [& args] (run op args)))
      (absent! ns function (str "the operator " op " is not part of this library")))))
