# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs Go 1.19 or newer.
echo "generator openapi-generator $(openapi-generator-cli version)"
openapi-generator-cli generate -i "$1/csss.yaml" -g go -o client > generator.log 2>&1
cp -r "$1"/languages/go/{signing,vectors,program,cube-program} .
mkdir openapi
cp client/*.go openapi
printf 'module linksfield\n\ngo 1.19\n' > go.mod
# What the generated client of a document with a oneOf needs.
go get gopkg.in/validator.v2@v2.0.1 2> /dev/null
test -z "$(gofmt -l signing vectors program cube-program)"
go vet ./signing ./vectors ./program
go build -o built/ ./vectors ./program
built/vectors "$1/signing-vectors.json" "$1/mall-signing-vectors.json"
built/program
for other in $OTHERS; do
  openapi-generator-cli generate -i "$1/$other.yaml" -g go -o "client-$other" > generator.log 2>&1
  mkdir "$other"
  cp "client-$other"/*.go "$other"
  go vet "./$other"
  echo "compiled $other"
done
go vet ./cube-program
go build -o built/ ./cube-program
built/cube-program "$1/cube-signing-vectors.json"
