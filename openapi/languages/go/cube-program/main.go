// Signs every vector of the Cube API, and calls the sandbox with the generated client.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"time"

	cube "linksfield/cube"
	"linksfield/signing"
)

// A SIM that nobody used before.
var sim = fmt.Sprintf("8985%016d", time.Now().UnixMicro())

var accepted int

type vectors struct {
	PrivateKey string `json:"private_key"`
	Vectors    []struct {
		Name, Timestamp, URL, Content string
		Body                          *string
		Nonce                         int
		KeyID                         string `json:"key_id"`
		Headers                       map[string]string
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var file vectors
	check(json.Unmarshal(text, &file))
	for _, vector := range file.Vectors {
		signer, err := signing.NewCube(vector.KeyID, file.PrivateKey)
		check(err)
		target, err := url.Parse(vector.URL)
		check(err)
		var body []byte
		if vector.Body != nil {
			body = []byte(*vector.Body)
		}
		content, headers, err := signer.Headers(target, body, vector.Timestamp, strconv.Itoa(vector.Nonce))
		check(err)
		expect(content == vector.Content && reflect.DeepEqual(headers, vector.Headers), vector.Name)
	}

	signer, err := signing.NewCube("sandbox", file.PrivateKey)
	check(err)
	configuration := cube.NewConfiguration()
	configuration.Servers = cube.ServerConfigurations{{URL: os.Getenv("LINKSFIELD_BASE_URL") + "/cube/v4"}}
	configuration.HTTPClient = &http.Client{Transport: signer}
	client, ctx := cube.NewAPIClient(configuration), context.Background()

	// The time and the nonce are filled in by the signer.
	sims, _, err := client.SIMAPI.QuerySims(ctx).Timestamp("").Nonce(0).PageSize(5).Execute()
	expect(ok(err, sims.GetStatus()) && len(sims.GetData()) == 5, "five SIMs")
	one, _, err := client.SIMAPI.QuerySim(ctx, sim).Timestamp("").Nonce(0).Execute()
	expect(ok(err, one.GetStatus()), "a SIM")
	details := one.GetData()
	expect(details.GetStatus() == 10, "its status")
	activated, _, err := client.SIMAPI.ActivateSim(ctx, sim).Timestamp("").Nonce(0).
		RequestBody(map[string]any{}).Execute()
	expect(ok(err, activated.GetStatus()), "its activation")
	sms := cube.NewSendSmsRequest([]string{sim}, *cube.NewSmsMessage(1, "你好 / ok"))
	job, _, err := client.SMSAPI.SendSms(ctx).Timestamp("").Nonce(0).SendSmsRequest(*sms).Execute()
	expect(ok(err, job.GetStatus()), "an SMS")
	sent, _, err := client.SMSAPI.ListSentSms(ctx, sim).Timestamp("").Nonce(0).Execute()
	expect(ok(err, sent.GetStatus()) && len(sent.GetData()) == 1, "the list of them")
	fmt.Printf("cube vectors %d, accepted %d\n", len(file.Vectors), accepted)
}

func ok(err error, status cube.Status) bool {
	check(err)
	accepted++
	return status.Code == "CB-00-0000"
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
