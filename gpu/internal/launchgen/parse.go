package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// source holds the declarations of the kernels' files.
type source struct {
	kernels   []kernel
	structs   map[string]structure
	constants []constant
}

// kernel is an extern "C" __global__ function.
type kernel struct {
	name, file string
	threads    string // argument of __launch_bounds__; "" without
	arguments  []variable
}

// structure is a struct that kernels take, or one inside such a struct.
type structure struct {
	name, file string
	fields     []variable
}

// constant is a #define of a whole number.
type constant struct {
	name, file string
	value      int
}

// variable is an argument or a field: a scalar, a pointer or a struct, count of them in a row.
type variable struct {
	name, kind string // kind is the C type without const and *
	pointer    bool
	count      int
}

var (
	comments    = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/`)
	kernelForm  = regexp.MustCompile(`extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\s*\(\s*(\w+)[^()]*\)\s*)?(\w+)\s*\(([^()]*)\)`)
	kernelMark  = regexp.MustCompile(`__global__`)
	structForm  = regexp.MustCompile(`(?s)struct\s+(\w+)\s*\{([^{}]*)\}\s*;`)
	defineForm  = regexp.MustCompile(`(?m)^#define[ \t]+(\w+)[ \t]+\(?(\d+)\)?[ \t]*$`)
	variableRun = regexp.MustCompile(`^(const\s+)?(\w+)\b\s*(.*)$`)
	declarator  = regexp.MustCompile(`^(\*?)\s*(?:__restrict__\s+)?(\w+)\s*(?:\[(\w+)\])?$`)
)

// read parses all .cu and .cuh files of a folder.
func read(dir string) (*source, error) {
	var files []string
	for _, pattern := range []string{"*.cu", "*.cuh"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	s := &source{structs: map[string]structure{}}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := s.parse(filepath.Base(path), string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	slices.SortFunc(s.kernels, func(a, b kernel) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(s.kernels); i++ {
		if s.kernels[i].name == s.kernels[i-1].name {
			return nil, fmt.Errorf("kernel %s is in %s and in %s", s.kernels[i].name, s.kernels[i-1].file, s.kernels[i].file)
		}
	}
	return s, nil
}

// parse adds the declarations of one file.
func (s *source) parse(file, text string) error {
	text = comments.ReplaceAllString(text, " ")
	for _, m := range defineForm.FindAllStringSubmatch(text, -1) {
		value, err := strconv.Atoi(m[2])
		if err != nil {
			return fmt.Errorf("constant %s: %w", m[1], err)
		}
		s.constants = append(s.constants, constant{m[1], file, value})
	}
	for _, m := range structForm.FindAllStringSubmatch(text, -1) {
		var fields []variable
		for line := range strings.SplitSeq(m[2], ";") {
			more, err := s.variables(line)
			if err != nil {
				fields = nil // a struct for the device alone, unless a kernel takes it
				break
			}
			fields = append(fields, more...)
		}
		s.structs[m[1]] = structure{m[1], file, fields}
	}
	found := kernelForm.FindAllStringSubmatch(text, -1)
	if marks := len(kernelMark.FindAllString(text, -1)); marks != len(found) {
		return fmt.Errorf(`%d of %d kernels are not of the form extern "C" __global__ void [__launch_bounds__(n)] name(arguments)`, marks-len(found), marks)
	}
	for _, m := range found {
		k := kernel{name: m[2], file: file, threads: m[1]}
		for argument := range strings.SplitSeq(m[3], ",") {
			v, err := s.variables(argument)
			if err != nil || len(v) != 1 {
				return fmt.Errorf("kernel %s: cannot read argument %q: %w", k.name, strings.TrimSpace(argument), err)
			}
			k.arguments = append(k.arguments, v...)
		}
		s.kernels = append(s.kernels, k)
	}
	return nil
}

// variables parses one declaration, such as "const float *x, *y" or "Layer layers[MAX_LAYERS]".
func (s *source) variables(text string) ([]variable, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	m := variableRun.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%q is no declaration", text)
	}
	var list []variable
	for part := range strings.SplitSeq(m[3], ",") {
		d := declarator.FindStringSubmatch(strings.TrimSpace(part))
		if d == nil {
			return nil, fmt.Errorf("%q is no plain variable", text)
		}
		count := 1
		if d[3] != "" {
			var err error
			if count, err = s.number(d[3]); err != nil {
				return nil, err
			}
		}
		list = append(list, variable{name: d[2], kind: m[2], pointer: d[1] != "", count: count})
	}
	return list, nil
}

// number returns a literal or the value of a constant.
func (s *source) number(text string) (int, error) {
	for _, c := range s.constants {
		if c.name == text {
			return c.value, nil
		}
	}
	return strconv.Atoi(text)
}
