(ns org.apache.clojure-mxnet.lr-scheduler
  "Learning rates that change with the number of updates."
  (:require [clojure.spec.alpha :as s]
            [org.apache.clojure-mxnet.util :as util])
  (:import (io.mxkv LRScheduler)))

(set! *warn-on-reflection* true)

(s/def ::step pos-int?)
(s/def ::factor (s/and number? #(< % 1)))

(defn factor-scheduler
  "The rate becomes base_lr * factor^(floor(n/step)) after n updates.
   - step int, schedule learning rate after n updates
   - factor number, the factor for reducing the learning rate"
  [step factor]
  (util/validate! ::step step "Invalid step")
  (util/validate! ::factor factor "Invalid factor")
  (LRScheduler/factor (int step) (double factor)))
