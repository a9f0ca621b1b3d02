# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs a JDK 17 or newer, Maven, and the
# annotations that generated code has: Debian's libgeronimo-annotation-1.3-spec-java and libjsr305-java. Jackson is in the
# generator.
echo "generator openapi-generator $(openapi-generator-cli version)"
openapi-generator-cli generate -i "$1/csss.yaml" -g java --library native -o client \
  --additional-properties=openApiNullable=false > generator.log 2>&1
jackson=$(python3 -c 'import openapi_generator_cli as g, pathlib; print(*pathlib.Path(g.__file__).parent.glob("*.jar"))')
export CLASSPATH=built:$jackson:/usr/share/java/geronimo-annotation-1.3-spec.jar:/usr/share/java/jsr305.jar
find client/src/main "$1"/languages/java/*.java -name '*.java' > sources
javac -nowarn -encoding UTF-8 -d built @sources
java Vectors "$1/signing-vectors.json" "$1/mall-signing-vectors.json"
java Program
mvn --quiet --batch-mode --file "$1/languages/java/libraries" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$PWD/libraries"
java --class-path 'libraries/*' "$1/languages/java/libraries/Libraries.java" "$1/signing-vectors.json" \
  "$1/../docs/signing-trouble.md"
for other in $OTHERS; do
  openapi-generator-cli generate -i "$1/$other.yaml" -g java --library native -o "$other" \
    --additional-properties=openApiNullable=false > generator.log 2>&1
  find "$other/src/main" -name '*.java' > sources
  javac -nowarn -encoding UTF-8 -d "built-$other" @sources
  echo "compiled $other"
done
find cube/src/main "$1"/languages/java/{Signer,CubeSigner}.java "$1"/languages/java/cube -name '*.java' > sources
export CLASSPATH=built-cube:${CLASSPATH#built:}
javac -nowarn -encoding UTF-8 -d built-cube @sources
java CubeProgram "$1/cube-signing-vectors.json"
