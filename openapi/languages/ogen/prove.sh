# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs a Go as new as the generator does.
GOBIN=$PWD/bin go install github.com/ogen-go/ogen/cmd/ogen@v1.24.0
echo "generator ogen 1.24.0"
cp -r "$1/languages/go/signing" "$1/languages/ogen/program" .
printf 'module linksfield\n\ngo 1.24\n' > go.mod
for document in csss $OTHERS; do
  bin/ogen --target "${document//-/}" --package "${document//-/}" "$1/$document.yaml" > generator.log 2>&1
done
go mod tidy
test -z "$(gofmt -l program)"
go vet ./...
go run ./program
printf 'compiled %s\n' $OTHERS
