package signing

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Cube signs each request on its way to the Cube API (signature version 2), by the rule in info.x-linksfield-guide of
// cube.yaml.
type Cube struct {
	KeyID string
	Key   *rsa.PrivateKey
}

// NewCube takes the id of a key, and the key as PEM (PKCS#8).
func NewCube(keyID, privateKey string) (Cube, error) {
	block, _ := pem.Decode([]byte(privateKey))
	if block == nil {
		return Cube{}, errors.New("the private key is no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Cube{}, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return Cube{}, errors.New("the private key is none of RSA")
	}
	return Cube{keyID, private}, nil
}

func (c Cube) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	random, err := rand.Int(rand.Reader, big.NewInt(1<<31-1))
	if err != nil {
		return nil, err
	}
	nonce := random.Add(random, big.NewInt(1)).String()
	_, headers, err := c.Headers(request.URL, body, strconv.FormatInt(time.Now().UnixMilli(), 10), nonce)
	if err != nil {
		return nil, err
	}
	request = request.Clone(request.Context())
	// A generated client may write a name as the document does, which Set does not find: it would be sent twice.
	for name, value := range headers {
		for given := range request.Header {
			if strings.EqualFold(given, name) {
				delete(request.Header, given)
			}
		}
		request.Header.Set(name, value)
	}
	if request.Body != nil {
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultTransport.RoundTrip(request)
}

// Headers are those that sign a request; before them comes the content that is signed.
func (c Cube) Headers(url *url.URL, body []byte, timestamp, nonce string) (string, map[string]string, error) {
	parameters := map[string]any{}
	if len(body) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber() // keeps numbers as they are written
		if err := decoder.Decode(&parameters); err != nil {
			return "", nil, err
		}
	}
	for name, values := range url.Query() {
		if _, given := parameters[name]; given || len(values) > 1 {
			return "", nil, fmt.Errorf("the parameter %s is there twice", name)
		}
		parameters[name] = values[0]
	}
	for name, value := range map[string]string{"timestamp": timestamp, "nonce": nonce, "x-sign-uri": url.EscapedPath()} {
		if _, given := parameters[name]; given {
			return "", nil, fmt.Errorf("the parameter %s is set by the signing", name)
		}
		parameters[name] = value
	}
	content := Content(parameters)
	digest := sha1.Sum([]byte(content))
	sign, err := rsa.SignPKCS1v15(rand.Reader, c.Key, crypto.SHA1, digest[:])
	return content, map[string]string{
		"Authorization":       "LF " + c.KeyID + "/" + base64.StdEncoding.EncodeToString(sign),
		"timestamp":           timestamp,
		"nonce":               nonce,
		"X-LF-Signature-Type": "2.0",
	}, err
}
