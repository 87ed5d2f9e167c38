#!/usr/bin/env bash
# Prints the class path of the Clojure namespaces and the Java binding of this checkout; `make -C bindings java` first.
# Maven is asked again when a pom has changed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jars=$here/../build/jvm-classpath
for pom in "$here"/pom.xml "$here"/*/pom.xml; do
    if [ ! "$jars" -nt "$pom" ]; then
        mkdir -p "$(dirname "$jars")"
        mvn -q -B -f "$here/clojure/pom.xml" dependency:build-classpath -Dmdep.outputFile="$jars.$$" >&2
        mv "$jars.$$" "$jars"
        break
    fi
done
echo "$here/clojure/src:$here/java/target/classes:$(cat "$jars")"
