# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs a Go as new as the generator does.
GOBIN=$PWD/bin go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
echo "generator oapi-codegen 2.8.2"
cp -r "$1/languages/go/signing" "$1/languages/oapi-codegen/program" .
printf 'module linksfield\n\ngo 1.24\n' > go.mod
for document in csss $OTHERS; do
  mkdir "${document//-/}"
  bin/oapi-codegen -package "${document//-/}" -generate types,client,std-http-server "$1/$document.yaml" \
    > "${document//-/}/api.go"
done
go mod tidy
test -z "$(gofmt -l program)"
go vet ./...
go run ./program
printf 'compiled %s\n' $OTHERS
