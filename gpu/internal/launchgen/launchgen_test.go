package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The file in the repository is the one generated from its kernels.
func TestLaunchesAreUpToDate(t *testing.T) {
	out := filepath.Join(t.TempDir(), "launch_gen.go")
	if err := generate("../../../cuda", out); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../launch_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Error("gpu/launch_gen.go is out of date; run: go generate ./gpu")
	}
}

func TestSignaturesBecomeGo(t *testing.T) {
	text, err := goText(t, `
#define PARTS 2
struct Inner { int64_t n; double rate; };
struct Outer { const float *x, *y; Inner parts[PARTS]; const Inner* more; }; // taken
struct Private { float4 v; };
// extern "C" __global__ void commented_out(int64_t n) {}
extern "C" __global__ void __launch_bounds__(256)
adam_step(const Outer outer, float* __restrict__ w, uint8_t* flags, int64_t n, double type) {}
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"deviceParts = 2",
		"func launchAdamStep(q *driver.Queue, shape driver.Shape, outer *outer, w driver.Ptr[float32], flags driver.Ptr[uint8], n int64, type_ float64) {",
		"parts [2]inner", "more  driver.Ptr[inner]", "words := make([]uint64, 0, 11)", "math.Float64bits(type_)", `"adam_step",`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "commented") || strings.Contains(text, "Private") {
		t.Errorf("too much in\n%s", text)
	}
}

func TestWrongSignaturesAreRefused(t *testing.T) {
	for code, want := range map[string]string{
		`extern "C" __global__ void k(float x) {}`:                                  "does not take 8 bytes",
		`extern "C" __global__ void k(int n) {}`:                                    "does not take 8 bytes",
		`extern "C" __global__ void k(float4* x) {}`:                                "no Go twin",
		`__global__ void k(int64_t n) {}`:                                           "not of the form",
		`struct S { int64_t n; float x; }; extern "C" __global__ void k(S s) {}`:    "does not take 8 bytes",
		`struct S { int64_t (*f)(); }; extern "C" __global__ void k(const S* s) {}`: "cannot be mirrored",
	} {
		if _, err := goText(t, code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", code, err, want)
		}
	}
}

// goText returns the Go file for one file of kernels.
func goText(t *testing.T, code string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "k.cu"), []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.go")
	if err := generate(dir, out); err != nil {
		return "", err
	}
	text, err := os.ReadFile(out)
	return string(text), err
}

// The first comment of a kernel names its caller, its twin on the CPU, the order of its sums, and the source. The
// files that it names exist, and the named caller launches it.
func TestKernelsAreDescribed(t *testing.T) {
	s, err := read("../../../cuda")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range s.kernels {
		text, err := os.ReadFile(filepath.Join("../../../cuda", k.file))
		if err != nil {
			t.Fatal(err)
		}
		comment := firstComment(string(text), k.name)
		for _, part := range []string{`Launched by gpu/`, `CPU twin`, `Sums|No sum`, `Source: `} {
			if !regexp.MustCompile(part).MatchString(comment) {
				t.Errorf("%s: the comment of %s has no %q", k.file, k.name, part)
			}
		}
		for _, path := range regexp.MustCompile(`\b(gpu|nn|algo)/[a-z/_]+\.go`).FindAllString(comment, -1) {
			named, err := os.ReadFile(filepath.Join("../../..", path))
			if err != nil {
				t.Errorf("%s: the comment of %s: %v", k.file, k.name, err)
			}
			if strings.Contains(comment, "Launched by "+path) && !strings.Contains(string(named), "launch"+camel(k.name, true)+"(") {
				t.Errorf("%s: %s is not launched by %s", k.file, k.name, path)
			}
		}
	}
}

// firstComment returns the comment that begins with the name of a kernel, in one line.
func firstComment(text, kernel string) string {
	var lines []string
	for line := range strings.Lines(text) {
		words, is := strings.CutPrefix(line, "// ")
		if is && (len(lines) > 0 || strings.HasPrefix(words, kernel+":")) {
			lines = append(lines, strings.TrimSpace(words))
		} else if len(lines) > 0 {
			break
		}
	}
	return strings.Join(lines, " ")
}
