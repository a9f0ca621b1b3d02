# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs a JDK 17 or newer, and Maven for what
# the client depends on; Jackson, for the signing, is in the generator.
echo "generator openapi-generator $(openapi-generator-cli version)"
for document in csss $OTHERS; do
  openapi-generator-cli generate -i "$1/$document.yaml" -g java --library okhttp-gson -o "$document" \
    --additional-properties=openApiNullable=false > generator.log 2>&1
done
mvn --quiet --batch-mode -f csss dependency:build-classpath -Dmdep.outputFile=classpath > generator.log 2>&1
jackson=$(python3 -c 'import openapi_generator_cli as g, pathlib; print(*pathlib.Path(g.__file__).parent.glob("*.jar"))')
CLASSPATH=built:$(cat csss/classpath):$jackson
export CLASSPATH
find csss/src/main -name '*.java' > sources
javac -nowarn -encoding UTF-8 -d built @sources "$1"/languages/{java/Signer,okhttp-gson/Program}.java
java Program
for other in $OTHERS; do
  find "$other/src/main" -name '*.java' > sources
  javac -nowarn -encoding UTF-8 -d "built-$other" @sources
  echo "compiled $other"
done
