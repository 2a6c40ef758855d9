package plot

import (
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

// promisedRecords are those of a run with one limit, of which the price is charged from the second iteration on.
func promisedRecords(price float64) []algo.Record {
	var records []algo.Record
	for i := range 3 {
		r := algo.Record{Promise: &algo.PromiseRecord{Step: 1, Got: algo.Number(math.NaN()), Limits: map[string]algo.LimitRecord{
			"speed": {Mean: 0.1, Worst: 0.2, Got: 0.3, Price: algo.Number(price * float64(i))}}}}
		r.Sampled.Samples = 100 * i
		records = append(records, r)
	}
	return records
}

func TestPricesAreDrawnWhereTheyAreCharged(t *testing.T) {
	for price, want := range map[float64]bool{0: false, 2: true} {
		picture, err := Promises("arm", promisedRecords(price), 0.1, ".svg")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"limit: speed", "shortened steps", "accepted risk 0.1"} {
			if !strings.Contains(string(picture), text) {
				t.Errorf("price %g: no %q", price, text)
			}
		}
		if strings.Contains(string(picture), "price of a broken limit") != want {
			t.Errorf("price %g: want a panel of it: %v", price, want)
		}
	}
	if _, err := Promises("arm", []algo.Record{{}}, 0.1, ".svg"); err == nil {
		t.Error("a run without promises is drawn")
	}
}
