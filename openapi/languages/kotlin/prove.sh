# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs a JDK 17 or newer, and Maven for what the
# client depends on and for Kotlin's compiler; Jackson, for the signing, is in the generator.
echo "generator openapi-generator $(openapi-generator-cli version)"
for document in csss $OTHERS; do
  openapi-generator-cli generate -i "$1/$document.yaml" -g kotlin -o "$document" \
    --additional-properties="packageName=${document//-/_}" > generator.log 2>&1
done
mvn --quiet --batch-mode --file "$1/languages/kotlin" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$PWD/libraries"
jackson=$(python3 -c 'import openapi_generator_cli as g, pathlib; print(*pathlib.Path(g.__file__).parent.glob("*.jar"))')
libraries=built:$(printf '%s:' libraries/*.jar)$jackson
javac -nowarn -encoding UTF-8 -d built -cp "$libraries" "$1"/languages/java/{Signer,CubeSigner}.java
for document in csss $OTHERS; do
  echo "$document/src/main/kotlin"
done | xargs java -cp "$libraries" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -nowarn -no-stdlib -no-reflect \
  -cp "$libraries" -d built "$1/languages/kotlin/Program.kt"
java -cp "$libraries" ProgramKt "$1/cube-signing-vectors.json"
printf 'compiled %s\n' $OTHERS
