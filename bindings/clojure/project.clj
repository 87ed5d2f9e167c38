(defproject io.mxkv/mxkv-clojure "0.1.0"
  :description "The namespaces of clojure-mxnet on mxkv"
  :license {:name "Apache-2.0" :url "https://www.apache.org/licenses/LICENSE-2.0"}
  :dependencies [[org.clojure/clojure "1.12.0"]
                 [io.mxkv/mxkv "0.1.0"]]
  :source-paths ["src"]
  :test-paths ["test"]
  :global-vars {*warn-on-reflection* true})
