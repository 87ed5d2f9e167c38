(ns mxkv.bad
  "Bad input must give an exception that says what was wrong, and leave the JVM alive."
  (:require [clojure.test :refer [is]])
  (:import (io.mxkv MxkvException)))

(defn message-of
  "The message of what `f` throws; nil if it throws nothing."
  [f]
  (try
    (f)
    nil
    (catch clojure.lang.ExceptionInfo e (.getMessage e))
    (catch MxkvException e (.getMessage e))))

(defmacro says
  "Each form throws one of our exceptions with a message that matches."
  [pattern & forms]
  `(do ~@(for [form forms]
           `(let [message# (message-of (fn [] ~form))]
              (is (and message# (re-find ~pattern message#))
                  (str '~form " said " (pr-str message#)))))))
