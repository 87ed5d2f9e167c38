(ns org.apache.clojure-mxnet.optimizer
  "Optimizers with the formulas and default values of MXNet's Scala package. Give them to kvstore/set-optimizer."
  (:refer-clojure :exclude [update])
  (:require [clojure.spec.alpha :as s]
            [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv LRScheduler NDArray Optimizer ScalaOptimizers)))

(set! *warn-on-reflection* true)

(s/def ::learning-rate number?)
(s/def ::momentum number?)
(s/def ::lambda number?)
(s/def ::wd number?)
(s/def ::clip-gradient number?)
(s/def ::rho number?)
(s/def ::rescale-gradient number?)
(s/def ::epsilon number?)
(s/def ::gamma1 number?)
(s/def ::gamma2 number?)
(s/def ::beta1 number?)
(s/def ::beta2 number?)
(s/def ::decay-factor number?)
(s/def ::lr-scheduler (s/nilable #(instance? LRScheduler %)))
(s/def ::index int?)
(s/def ::optimizer #(instance? Optimizer %))
(s/def ::ndarray #(instance? NDArray %))

(s/def ::sgd-opts (s/keys :opt-un [::learning-rate ::momentum ::wd ::clip-gradient ::lr-scheduler]))

(defn sgd
  "Stochastic gradient descent with momentum and weight decay."
  ([{:keys [learning-rate momentum wd clip-gradient lr-scheduler] :as opts
     :or {learning-rate 0.01 momentum 0.0 wd 0.0001 clip-gradient 0}}]
   (util/validate! ::sgd-opts opts "Incorrect sgd optimizer options")
   (ScalaOptimizers/sgd (float learning-rate) (float momentum) (float wd) (float clip-gradient) lr-scheduler))
  ([]
   (sgd {})))

(s/def ::dcasgd-opts
  (s/keys :opt-un [::learning-rate ::momentum ::lambda ::wd ::clip-gradient ::lr-scheduler]))

(defn dcasgd
  "SGD that compensates for the delay of asynchronous updates."
  ([{:keys [learning-rate momentum lambda wd clip-gradient lr-scheduler] :as opts
     :or {learning-rate 0.01 momentum 0.0 lambda 0.04 wd 0.0 clip-gradient 0}}]
   (util/validate! ::dcasgd-opts opts "Incorrect dcasgd optimizer options")
   (ScalaOptimizers/dcasgd (float learning-rate) (float momentum) (float lambda) (float wd) (float clip-gradient)
                           lr-scheduler))
  ([]
   (dcasgd {})))

(s/def ::nag-opts ::sgd-opts)

(defn nag
  "SGD with Nesterov's momentum."
  ([{:keys [learning-rate momentum wd clip-gradient lr-scheduler] :as opts
     :or {learning-rate 0.01 momentum 0.0 wd 0.0001 clip-gradient 0}}]
   (util/validate! ::nag-opts opts "Incorrect nag optimizer options")
   (ScalaOptimizers/nag (float learning-rate) (float momentum) (float wd) (float clip-gradient) lr-scheduler))
  ([]
   (nag {})))

(s/def ::ada-delta-opts (s/keys :opt-un [::rho ::rescale-gradient ::epsilon ::wd ::clip-gradient]))

(defn ada-delta
  "AdaDelta (Zeiler 2012). rescale-gradient is taken and not used, as in the original."
  ([{:keys [rho rescale-gradient epsilon wd clip-gradient] :as opts
     :or {rho 0.05 rescale-gradient 1.0 epsilon 1e-8 wd 0.0 clip-gradient 0}}]
   (util/validate! ::ada-delta-opts opts "Incorrect ada-delta optimizer options")
   (ScalaOptimizers/adaDelta (float rho) (float rescale-gradient) (float epsilon) (float wd) (float clip-gradient)))
  ([]
   (ada-delta {})))

(s/def ::rms-prop-opts
  (s/keys :opt-un [::learning-rate ::rescale-gradient ::gamma1 ::gamma2 ::wd ::lr-scheduler ::clip-gradient]))

(defn rms-prop
  "RMSProp (Tieleman & Hinton 2012), in Graves' centered form.
   - gamma1 decay of the averages of gradient and squared gradient
   - gamma2 momentum
   rescale-gradient and lr-scheduler are taken and not used, as in the original."
  ([{:keys [learning-rate rescale-gradient gamma1 gamma2 wd lr-scheduler clip-gradient] :as opts
     :or {learning-rate 0.002 rescale-gradient 1.0 gamma1 0.95 gamma2 0.9 wd 0.0 clip-gradient 0}}]
   (util/validate! ::rms-prop-opts opts "Incorrect rms-prop optimizer options")
   (ScalaOptimizers/rmsProp (float learning-rate) (float rescale-gradient) (float gamma1) (float gamma2) (float wd)
                            lr-scheduler (float clip-gradient)))
  ([]
   (rms-prop {})))

(s/def ::ada-grad-opts (s/keys :opt-un [::learning-rate ::rescale-gradient ::epsilon ::wd]))

(defn ada-grad
  "AdaGrad (Duchi, Hazan and Singer 2011)."
  ([{:keys [learning-rate rescale-gradient epsilon wd] :as opts
     :or {learning-rate 0.05 rescale-gradient 1.0 epsilon 1e-7 wd 0.0}}]
   (util/validate! ::ada-grad-opts opts "Incorrect ada-grad optimizer options")
   (ScalaOptimizers/adaGrad (float learning-rate) (float rescale-gradient) (float epsilon) (float wd)))
  ([]
   (ada-grad {})))

(s/def ::adam-opts
  (s/keys :opt-un [::learning-rate ::beta1 ::beta2 ::epsilon ::decay-factor ::wd ::clip-gradient ::lr-scheduler]))

(defn adam
  "Adam (Kingma & Ba 2014).
   - beta1, beta2 decay of the averages of gradient and squared gradient
   - decay-factor by which beta1 itself decays with every update"
  ([{:keys [learning-rate beta1 beta2 epsilon decay-factor wd clip-gradient lr-scheduler] :as opts
     :or {learning-rate 0.002 beta1 0.9 beta2 0.999 epsilon 1e-8 decay-factor (- 1 1e-8) wd 0 clip-gradient 0}}]
   (util/validate! ::adam-opts opts "Incorrect adam optimizer options")
   (ScalaOptimizers/adam (float learning-rate) (float beta1) (float beta2) (float epsilon) (float decay-factor)
                         (float wd) (float clip-gradient) lr-scheduler))
  ([]
   (adam {})))

(s/def ::sgld-opts (s/keys :opt-un [::learning-rate ::rescale-gradient ::wd ::clip-gradient ::lr-scheduler]))

(defn sgld
  "Stochastic gradient Langevin dynamics: SGD plus noise. rescale-gradient is taken and not used, as in the original."
  ([{:keys [learning-rate rescale-gradient wd clip-gradient lr-scheduler] :as opts
     :or {learning-rate 0.01 rescale-gradient 1 wd 0.0001 clip-gradient 0}}]
   (util/validate! ::sgld-opts opts "Incorrect sgld optimizer options")
   (ScalaOptimizers/sgld (float learning-rate) (float rescale-gradient) (float wd) (float clip-gradient)
                         lr-scheduler))
  ([]
   (sgld {})))

(defn update
  "Update the parameters.
   - optimizer
   - index a number for the weight
   - weight weight ndarray, changed in place
   - grad gradient ndarray
   - state what create-state returned for the weight"
  [optimizer index weight grad state]
  (util/validate! ::optimizer optimizer "Invalid optimizer")
  (util/validate! ::index index "Invalid index")
  (util/validate! ::ndarray weight "Invalid weight")
  (util/validate! ::ndarray grad "Invalid gradient")
  (doto ^Optimizer optimizer
    (.update (int index) weight grad state)))

(defn create-state
  "Create additional optimizer state such as momentum; nil if there is none."
  [optimizer index weight]
  (util/validate! ::optimizer optimizer "Invalid optimizer")
  (util/validate! ::index index "Invalid index")
  (util/validate! ::ndarray weight "Invalid weight")
  (.createState ^Optimizer optimizer (int index) weight))
