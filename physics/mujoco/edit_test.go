package mujoco

import (
	"strings"
	"testing"
)

const twoLinks = `<mujoco>
  <!-- two links -->
  <option timestep="0.01"/>
  <worldbody>
    <body name="upper"><geom name="upper" size="0.1"/>
      <body name="lower" pos="0.3 0 0"><geom name="lower" size="0.05"/></body>
    </body>
  </worldbody>
</mujoco>`

func TestEditSetsAndAddsAttributes(t *testing.T) {
	out, err := Apply([]byte(twoLinks), []Edit{
		{"body", "lower", "pos", "0.4 0 0"},
		{"geom", "lower", "density", "500"},
		{"option", "", "timestep", "0.02"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<body name="lower" pos="0.4 0 0">`, `<geom name="lower" size="0.05" density="500">`,
		`<option timestep="0.02">`, `<geom name="upper" size="0.1">`, "<!-- two links -->",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestNoEditsLeaveTheTextAlone(t *testing.T) {
	out, err := Apply([]byte(twoLinks), nil)
	if err != nil || string(out) != twoLinks {
		t.Errorf("text changed, or error %v", err)
	}
}

func TestEditsThatDoNotFitAreRefused(t *testing.T) {
	for _, c := range []struct {
		edit Edit
		want string
	}{
		{Edit{"body", "forearm", "pos", "0 0 0"}, `"upper" "lower"`},
		{Edit{"joint", "elbow", "range", "0 1"}, "fits 0 elements"},
		{Edit{"geom", "", "size", "1"}, "fits 2 elements"},
	} {
		_, err := Apply([]byte(twoLinks), []Edit{c.edit})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want one with %q", c.edit, err, c.want)
		}
	}
	if _, err := Apply([]byte("<mujoco><body>"), []Edit{{"body", "", "pos", "0"}}); err == nil {
		t.Error("XML that ends early: no error")
	}
}

func TestNamesByTag(t *testing.T) {
	names, err := Names([]byte(twoLinks))
	if err != nil {
		t.Fatal(err)
	}
	if len(names["body"]) != 2 || names["body"][1] != "lower" || len(names["option"]) != 1 || names["option"][0] != "" {
		t.Errorf("names %q", names)
	}
	if _, err := Names([]byte("<mujoco><body>")); err == nil {
		t.Error("XML that ends early: no error")
	}
}
