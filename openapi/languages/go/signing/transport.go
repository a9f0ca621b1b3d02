package signing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Transport signs the body of each request on its way to the API.
type Transport struct{ AccessCode, Secret string }

func (t Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	signed, err := t.Body(body, strconv.FormatInt(time.Now().Unix(), 10))
	if err != nil {
		return nil, err
	}
	request = request.Clone(request.Context())
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(signed)), int64(len(signed))
	return http.DefaultTransport.RoundTrip(request)
}

// Body is a request's body with the signed parameters filled in.
func (t Transport) Body(body []byte, timestamp string) ([]byte, error) {
	var parameters map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps numbers as they are written
	if err := decoder.Decode(&parameters); err != nil {
		return nil, err
	}
	for _, name := range []string{"sign", "access_code", "timestamp", "version"} {
		if value, given := parameters[name]; given && value != "" {
			return nil, fmt.Errorf("the parameter %s is set by the signing", name)
		}
		delete(parameters, name)
	}
	parameters["access_code"], parameters["timestamp"], parameters["version"] = t.AccessCode, timestamp, "2.0"
	parameters["sign"] = Sign(Content(parameters), t.Secret)
	return json.Marshal(parameters)
}
