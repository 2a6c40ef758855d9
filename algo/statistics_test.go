package algo

import (
	"encoding/json"
	"math"
	"testing"
)

func TestTallySumsTermsReturnsAndPartialReturns(t *testing.T) {
	sampled := newStatistics(twoTerms{})
	sampled.add(Episode{Rewards: []float64{1, 10, 2, 20, 3, 30}, Samples: 6, Success: 1}, 2)
	sampled.add(Episode{Rewards: []float64{5, 0}, Samples: 2}, 2)
	if sampled.returns[0] != 66 || sampled.returns[1] != 5 || sampled.partial[0] != 33 || sampled.partial[1] != 5 {
		t.Errorf("returns %v, partial %v", sampled.returns, sampled.partial)
	}
	means := sampled.termMeans()
	if means["a"] != 11.0/4 || means["b"] != 15 {
		t.Errorf("term means %v", means)
	}
	e := sampled.evaluation(123)
	if e.Samples != 123 || e.Episodes != 2 || e.Return != 35.5 || e.Length != 4 || e.Success != 0.5 || e.Min != 5 || e.Max != 66 {
		t.Errorf("evaluation %+v", e)
	}
}

// The half width for n = 5 is 2.776 standard errors: Student's t table, 4 degrees of freedom, 0.975.
func TestConfidenceIsStudents(t *testing.T) {
	low, high := confidence(10, 2, 5)
	want := 2.776445 * 2 / math.Sqrt(5)
	if !(math.Abs(high-10-want) <= 1e-5) || !(math.Abs(10-low-want) <= 1e-5) {
		t.Errorf("interval [%g, %g], want ±%g", low, high, want)
	}
	if low, high := confidence(10, math.NaN(), 1); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("one episode has no interval: [%g, %g]", low, high)
	}
}

func TestNumbersThatJSONCannotHoldBecomeNullAndBack(t *testing.T) {
	text, err := json.Marshal([]Number{1.5, Number(math.NaN()), Number(math.Inf(1))})
	if err != nil || string(text) != "[1.5,null,null]" {
		t.Fatalf("%s, %v", text, err)
	}
	var back []Number
	if err := json.Unmarshal(text, &back); err != nil || back[0] != 1.5 || !math.IsNaN(float64(back[1])) {
		t.Errorf("%v, %v", back, err)
	}
}
