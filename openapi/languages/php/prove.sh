# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs PHP 8.1 with curl and mbstring, and
# Guzzle: Debian's php-cli, php-curl, php-mbstring and php-guzzlehttp-guzzle.
echo "generator openapi-generator $(openapi-generator-cli version)"
for document in csss $OTHERS; do
  package=$(sed -E 's/(^|-)(.)/\U\2/g' <<< "$document")
  openapi-generator-cli generate -i "$1/$document.yaml" -g php -o "$document" --invoker-package "$package" > generator.log 2>&1
  find "$document/lib" -name '*.php' -print0 | xargs -0 php -d opcache.enable_cli=0 -r '
    foreach (array_slice($argv, 1) as $file) token_get_all(file_get_contents($file), TOKEN_PARSE);' --
done
php "$1/languages/php/program.php" "$1"
printf 'compiled %s\n' $OTHERS
