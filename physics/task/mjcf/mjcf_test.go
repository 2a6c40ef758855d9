package mjcf

import (
	"fmt"
	"strings"
	"testing"
)

const robot = `<mujoco model="robot">
  <!-- geom.floor is <not> here -->
  <default><geom friction="0.8" rgba="1 0 0 1"/><general gear="3"/>
    <default class="leg"><joint damping="2"/><default class="shin"><geom density="7"/></default></default>
  </default>
  <include file="bits/more.xml"/>
  <worldbody><geom name='floor' type="plane" size="1 1 1"/>
    <body name="torso" childclass="leg"><inertial mass="3" pos="0 0 0"/>
      <joint name="hip.x" /><geom size="0.1" class="shin"/><geom size="0.2"/></body>
  </worldbody>
  <actuator><motor name="pull" joint="hip.x"/></actuator>
</mujoco>`

func document(t *testing.T) *Document {
	t.Helper()
	text, err := Inline([]byte(robot), map[string][]byte{"more.xml": []byte("<mujoco><option gravity='0 0 -1'/><include file=\"x/empty.xml\"/></mujoco>\n"), "empty.xml": []byte("<mujoco/>")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func suggest(name string, known []string) string {
	return fmt.Sprintf(" (of %s)", strings.Join(known, " "))
}

// A target leads to its element, and what is written there is the element's own, its class's, or MuJoCo's default.
func TestTargetsLeadToWhatIsWritten(t *testing.T) {
	d := document(t)
	for text, want := range map[string]string{
		"geom.floor.size": "1 1 1", "geom.floor.friction": "0.8", "option.gravity": "0 0 -1", "option.wind": "0 0 0", "body.torso > inertial.mass": "3",
		"joint.hip.x.damping": "2", "joint.hip.x.armature": "0", "body.torso > geom[0].density": "7", "body.torso > geom[1].density": "1000", "body.torso > geom[0].friction": "0.8",
		"default.leg > joint.damping": "2", "default.shin > geom.density": "7", "default.shin > geom.friction": "0.8", "motor.pull.gear": "3",
		"geom[2].size": "0.2", "body.torso.mass": "", "motor.pull.kp": "",
	} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		e, err := d.Find(target, suggest)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := d.Written(e, target.Attribute); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		if target.String() != text {
			t.Errorf("%s is shown as %s", text, target)
		}
	}
}

// What leads nowhere is refused by what there is.
func TestTargetsThatLeadNowhere(t *testing.T) {
	d := document(t)
	for text, want := range map[string]string{
		"geom.flor.size": `no geom "flor" (of floor)`, "gom.floor.size": `no element "gom" (of actuator body`, "geom.size": "3 elements geom: say which, as geom.floor or geom[0] to geom[2]",
		"body.torso > geom.size": "body.torso has 2 elements geom", "body.torso > geom[2].size": "there are 2, from geom[0]", "body.torso > site.pos": `body.torso has no element "site" (of geom inertial joint)`,
		"default.foot > geom.size": `no default "foot" (of leg shin)`,
	} {
		target, err := ParseTarget(text)
		if err == nil {
			_, err = d.Find(target, suggest)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "geom", "geom.", "geom.floor.size[", "geom.floor.size[2:1]", "geom.floor.size[-1]", "> geom.size", "Geom.floor.size", "geom[x].size"} {
		if target, err := ParseTarget(text); err == nil {
			t.Errorf("%q is read as %s", text, target)
		}
	}
}

// Values come into the text where the attributes stand, or at the end of a tag without one; all else stays as it is.
func TestAllButTheValuesStays(t *testing.T) {
	d := document(t)
	var elements []*Element
	var attributes []string
	for _, text := range []string{"body.torso > geom[1].mass", "option.gravity", "geom.floor.size", "joint.hip.x.damping", "geom.floor.friction"} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		e, err := d.Find(target, suggest)
		if err != nil {
			t.Fatal(err)
		}
		elements, attributes = append(elements, e), append(attributes, target.Attribute)
	}
	got := string(d.Blank(elements, attributes).Fill([]string{"5", "0 0 -2", "2 2 2", "9", `a"b<`}))
	want := strings.NewReplacer(`<geom size="0.2"/>`, `<geom size="0.2" mass="5"/>`, "'0 0 -1'", "'0 0 -2'", `type="plane" size="1 1 1"/>`, `type="plane" size="2 2 2" friction="a&#34;b&lt;"/>`,
		`<joint name="hip.x" />`, `<joint name="hip.x"  damping="9"/>`).Replace(string(d.text))
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A file that includes itself, or one that is not there, ends the reading.
func TestIncludesThatNeverEnd(t *testing.T) {
	for _, files := range []map[string][]byte{nil, {"a.xml": []byte(`<mujoco><include file="a.xml"/></mujoco>`)}} {
		if _, err := Inline([]byte(`<mujoco><include file="a.xml"/></mujoco>`), files); err == nil {
			t.Error("no error")
		}
	}
}
