(ns mxkv.cluster-test
  "Clusters of real processes on this machine, every role a JVM."
  (:require [clojure.java.io :as io]
            [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [org.apache.clojure-mxnet.kvstore :as kvstore])
  (:import (io.mxkv ErrorKind MxkvException)
           (java.io File)
           (java.net ServerSocket)
           (java.nio.file Files)
           (java.nio.file.attribute FileAttribute)
           (java.util.concurrent TimeUnit)))

(def seconds-to-finish 120)

(defn free-port []
  (with-open [socket (ServerSocket. 0)]
    (.getLocalPort socket)))

(defn start [folder node-name scenario settings by-init?]
  (let [builder (ProcessBuilder.
                 ^java.util.List
                 (concat ["java" "-Xmx256m" "-XX:TieredStopAtLevel=1" "-XX:+UseSerialGC"]
                         (when-let [library (System/getProperty "mxkv.library")]
                           [(str "-Dmxkv.library=" library)])
                         ["-cp" (System/getProperty "java.class.path")
                          "clojure.main" "test/mxkv/node.clj" scenario]
                         (when by-init? (map (fn [[k v]] (str k "=" v)) settings))))
        log (io/file folder (str node-name ".log"))]
    (.put (.environment builder) "MXKV_TEST_FOLDER" (str folder))
    (when-not by-init?
      (doseq [[k v] settings]
        (.put (.environment builder) k (str v))))
    {:name node-name
     :log log
     :process (.start (doto builder
                        (.redirectErrorStream true)
                        (.redirectOutput ^File log)))}))

(defn run-cluster
  "Starts all processes and waits; returns for each its name, exit code (:late if it had to be ended) and output."
  [scenario workers servers by-init?]
  (let [folder (.toFile (Files/createTempDirectory "mxkv-cluster" (make-array FileAttribute 0)))
        settings {"DMLC_PS_ROOT_URI" "127.0.0.1"
                  "DMLC_PS_ROOT_PORT" (free-port)
                  "DMLC_NUM_WORKER" workers
                  "DMLC_NUM_SERVER" servers
                  "DMLC_NODE_HOST" "127.0.0.1"
                  "MXNET_KVSTORE_BIGARRAY_BOUND" 1000}
        nodes (doall (for [[role n] [["scheduler" 1] ["server" servers] ["worker" workers]]
                           i (range n)]
                       (start folder (str role i) scenario (assoc settings "DMLC_ROLE" role) by-init?)))
        deadline (+ (System/nanoTime) (* seconds-to-finish 1000000000))]
    (doall (for [{:keys [^Process process log name]} nodes]
             (let [in-time? (.waitFor process (max 0 (- deadline (System/nanoTime))) TimeUnit/NANOSECONDS)]
               (when-not in-time?
                 (.destroyForcibly process))
               {:name name :exit (if in-time? (.exitValue process) :late) :output (slurp log)})))))

(def without-clusters
  "Why this library has no distributed stores; nil if it has."
  (delay (try
           (kvstore/dispose (kvstore/create "dist_sync"))
           nil
           (catch MxkvException e
             (when (contains? #{ErrorKind/UNSUPPORTED ErrorKind/NOT_BUILT} (.kind e))
               (.getMessage e))))))

(defn all-end-well [scenario workers servers by-init?]
  (if @without-clusters
    (println "cluster-test: skipped," @without-clusters)
    (doseq [{:keys [name exit output]} (run-cluster scenario workers servers by-init?)]
      (is (= 0 exit) (str name ":\n" output))
      (is (string/includes? output (if (string/starts-with? name "worker") "worker done" "server done"))
          (str name ":\n" output))
      (when (and (= "commanding" scenario) (string/starts-with? name "server"))
        (is (string/includes? output "command 0 hällo") (str name ":\n" output))))))

(deftest commands-reach-a-controller-on-every-server
  (all-end-well "commanding" 1 2 false))

(deftest sums-with-roles-from-the-environment
  (all-end-well "sums" 2 2 false))

(deftest sums-with-roles-given-to-init
  (testing "and nothing in the environment"
    (all-end-well "sums" 1 1 true)))

(deftest optimizer-on-the-servers
  (if (io.mxkv.internal.Extensions/has "mxkv_kvstore_set_optimizer")
    (all-end-well "optimizing" 2 2 false)
    (println "cluster-test: optimizer skipped, the library has no mxkv_kvstore_set_optimizer")))
