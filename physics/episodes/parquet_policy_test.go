package episodes_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/palmal-rl/palmal/physics/episodes"
)

// policyRow is a row of a file that says which policy acted.
type policyRow struct {
	State  []float32 `parquet:"observation.state"`
	Action []float32 `parquet:"action"`
	Of     int64     `parquet:"episode_index"`
	Policy float64   `parquet:"policy"`
}

// withPolicies is a file of episodes of two rows each, whose rows name these policies.
func withPolicies(t *testing.T, policies ...float64) []byte {
	t.Helper()
	var text bytes.Buffer
	var rows []policyRow
	for i, p := range policies {
		rows = append(rows, policyRow{[]float32{1, float32(i)}, []float32{0.5}, int64(i / 2), p})
	}
	if err := parquet.Write(&text, rows); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// An inbox takes what says which policy acted, so a Parquet file must be able to say it.
func TestParquetSaysWhichPolicyActed(t *testing.T) {
	all, err := episodes.Parse("parquet", withPolicies(t, 3, 3, 0, 0))
	if err != nil || len(all) != 2 || all[0].Policy != 3 || all[1].Policy != 0 {
		t.Fatalf("got %+v, error %v; want the policies 3 and 0", all, err)
	}
	for want, policies := range map[string][]float64{
		"3 in row 2, 4 in row 3 of the same episode": {3, 3, 3, 4},
		"2.5 in row 0, want the whole number":        {2.5, 2.5},
		"NaN in row 0, want the whole number":        {math.NaN(), math.NaN()},
		"1e+300 in row 0, want the whole number":     {1e300, 1e300},
	} {
		if _, err := episodes.Parse("parquet", withPolicies(t, policies...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("policies %v: error %v, want one with %q", policies, err, want)
		}
	}
}
