package nn

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// checkPessimism refuses a choice of members that n paths do not have.
func (o ScoreOptions) checkPessimism(n int) error {
	if !(o.Pessimism >= -1 && o.Pessimism <= 1) {
		return fmt.Errorf("pessimism %g: want a number from -1 to 1", o.Pessimism)
	}
	if o.Pessimism != 0 && (o.Members < 1 || n%o.Members != 0) {
		return fmt.Errorf("pessimism over %d members: %d paths are not as many of each", o.Members, n)
	}
	return nil
}

// leaveOut drops the paths of the members that do not count: those with the highest mean return, or with the
// lowest where pessimism is negative. All members play from the same starts, so that their means compare.
func (s *Scores) leaveOut() {
	if s.options.Pessimism == 0 {
		return
	}
	members := s.options.Members
	each := len(s.Lengths) / members
	type standing struct {
		member int
		mean   float64
	}
	order := make([]standing, members)
	for e := range order {
		sum, paths := 0.0, 0
		for i := e * each; i < (e+1)*each; i++ {
			if s.Lengths[i] > 0 {
				sum, paths = sum+s.Returns[i], paths+1
			}
		}
		if order[e] = (standing{e, sum / float64(paths) * math.Copysign(1, s.options.Pessimism)}); paths == 0 {
			order[e].mean = math.Inf(1) // nothing to learn from comes last
		}
	}
	slices.SortStableFunc(order, func(a, b standing) int { return cmp.Compare(a.mean, b.mean) })
	kept := max(1, int(math.Round((1-math.Abs(s.options.Pessimism))*float64(members))))
	for _, left := range order[kept:] {
		for i := left.member * each; i < (left.member+1)*each; i++ {
			s.drop(i)
		}
	}
}

// drop leaves path i out of everything that follows.
func (s *Scores) drop(i int) {
	s.Lengths[i], s.Returns[i] = 0, 0
	clear(s.Sums[i*s.Terms : (i+1)*s.Terms])
}
