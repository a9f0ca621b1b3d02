// Package signing signs the parameters of a call, by the rule in the document's info.x-linksfield-guide.
package signing

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Go's JSON escapes more than the rule does; a pair of backslashes is passed over, so that none is taken for an escape.
var unescape = strings.NewReplacer(`\\`, `\\`, `\u0008`, `\b`, `\u000c`, `\f`, `\u2028`, "\u2028", `\u2029`, "\u2029")

// Content is the text that is signed: what is not empty, as compact JSON with its keys in ascending byte order.
func Content(parameters map[string]any) string {
	kept := map[string]any{}
	for name, value := range parameters {
		switch text, _ := json.Marshal(value); string(text) {
		case `null`, `""`, `[]`, `{}`:
		default:
			kept[name] = value
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.Encode(kept)
	return unescape.Replace(strings.TrimSuffix(text.String(), "\n"))
}

// Sign is the signature of a content.
func Sign(content, secret string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(content))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SignMall is the signature of a content of the Mall API, which has no secret in it.
func SignMall(content string) string {
	sum := md5.Sum([]byte(content))
	return hex.EncodeToString(sum[:])
}
