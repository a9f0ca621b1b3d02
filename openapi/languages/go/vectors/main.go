// Signs every vector, and reads an answer whose data is an object, null and missing.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"linksfield/openapi"
	"linksfield/signing"
)

type vector struct {
	Name, Timestamp, Secret, Content, Sign, Error string
	AccessCode                                    string `json:"access_code"`
	Parameters                                    json.RawMessage
}

type mallVector struct {
	Name, Content, Sign string
	PartnerCode         string `json:"partner_code"`
	TradeTime           string `json:"trade_time"`
	Parameters          json.RawMessage
}

func main() {
	var vectors []vector
	read(os.Args[1], &vectors)
	var ofMall []mallVector
	read(os.Args[2], &ofMall)
	for _, vector := range ofMall {
		parameters := map[string]any{"version": "3.0", "partnerCode": vector.PartnerCode, "tradeTime": vector.TradeTime}
		check(json.Unmarshal(vector.Parameters, &parameters))
		content := signing.Content(parameters)
		expect(content == vector.Content && signing.SignMall(content) == vector.Sign, vector.Name)
	}
	checked := 0
	for _, vector := range vectors {
		checked++
		signer := signing.Transport{AccessCode: vector.AccessCode, Secret: vector.Secret}
		body, err := signer.Body(vector.Parameters, vector.Timestamp)
		if vector.Error != "" {
			expect(err != nil && err.Error() == vector.Error, vector.Name)
			continue
		}
		check(err)
		var sent struct{ Sign string }
		check(json.Unmarshal(body, &sent))
		expect(signing.Sign(vector.Content, vector.Secret) == vector.Sign && sent.Sign == vector.Sign, vector.Name)
	}
	for data, order := range map[string]string{`,"data":{"order_id":"1"}`: "1", `,"data":{}`: "", `,"data":null`: "", "": ""} {
		var answer openapi.OpenPackageAnswer
		check(json.Unmarshal([]byte(`{"code":"0000","message":"","success":true`+data+`}`), &answer))
		said := answer.GetData()
		expect(said.GetOrderId() == order, "an answer with "+data)
	}
	fmt.Printf("vectors %d/%d\n", checked, len(vectors))
}

func read(file string, vectors any) {
	text, err := os.ReadFile(file)
	check(err)
	check(json.Unmarshal(text, vectors))
}

func expect(kept bool, name string) {
	if !kept {
		log.Fatalf("not as it should be: %s", name)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
