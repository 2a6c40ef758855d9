package mujoco

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"unsafe"
)

//go:generate layout/generate

//go:embed layout/members.txt
var memberLines string

//go:embed layout/table.txt
var tableLines string

// member is where a release keeps a member of a struct, or the value of a constant or a size.
type member struct {
	offset  int
	kind    byte   // type of the number or numbers: i int32, l int64, d float64, f float32, b byte, s struct, n none
	rows    string // member of mjModel that counts the rows of an array
	columns string // a number or such a member
}

// layout is what the program reads of one release, by "TYPE MEMBER" or by the name of a constant or type.
// A member that the release does not have is missing.
type layout struct {
	release string // such as "3.1.0"
	members map[string]member
}

// comments are left out of both files.
func linesOf(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// releases returns the rows of the table in their order, the oldest first.
func releases() (rows [][]string) {
	for _, line := range linesOf(tableLines) {
		rows = append(rows, strings.Fields(line))
	}
	return rows
}

// layoutOf returns the layout of the release that mj_version reports as number.
func layoutOf(number int) (layout, error) {
	rows := releases()
	nearest, distance := "", 0
	for _, row := range rows {
		known, err := strconv.Atoi(row[1])
		if err != nil {
			return layout{}, fmt.Errorf("mujoco: layout of release %s: %w", row[0], err)
		}
		if known == number {
			return readLayout(row)
		}
		if d := abs(ordinal(known) - ordinal(number)); nearest == "" || d < distance {
			nearest, distance = row[0], d
		}
	}
	return layout{}, fmt.Errorf("it is MuJoCo %s, whose layout this program does not know: the nearest that it knows is %s, it knows %s to %s",
		release(number), nearest, rows[0][0], rows[len(rows)-1][0])
}

func abs(x int) int { return max(x, -x) }

// ordinal makes the numbers of releases comparable: 340 and 3005000 follow each other.
func ordinal(number int) int {
	if number < 1000 { // 2.2.2 is 222, 3.5.0 is 3005000
		return number/100*1_000_000 + number/10%10*1000 + number%10
	}
	return number
}

// release is the usual text of a number of mj_version.
func release(number int) string {
	n := ordinal(number)
	return fmt.Sprintf("%d.%d.%d", n/1_000_000, n/1000%1000, n%1000)
}

// readLayout reads a row of the table.
func readLayout(row []string) (layout, error) {
	l := layout{release: row[0], members: map[string]member{}}
	lines := linesOf(memberLines)
	if len(row) != len(lines)+2 {
		return layout{}, fmt.Errorf("mujoco: layout of release %s has %d columns, want %d", row[0], len(row), len(lines)+2)
	}
	for i, line := range lines {
		words, text := strings.Fields(line), row[i+2]
		if text == "-" {
			continue
		}
		n, err := strconv.Atoi(text[:len(text)-1])
		if err != nil {
			return layout{}, fmt.Errorf("mujoco: layout of release %s, %s: %w", row[0], line, err)
		}
		m := member{offset: n, kind: text[len(text)-1]}
		if words[0] == "array" {
			m.rows, m.columns = words[3], words[4]
		}
		l.members[strings.Join(words[1:min(3, len(words))], " ")] = m
	}
	return l, nil
}

// value is a constant or the size of a type; -1 if the release has none.
func (l *layout) value(name string) int {
	if m, ok := l.members[name]; ok {
		return m.offset
	}
	return -1
}

// at returns where a member of a struct is; nil if the release has none.
func (l *layout) at(base unsafe.Pointer, name string) unsafe.Pointer {
	m, ok := l.members[name]
	if !ok {
		return nil
	}
	return unsafe.Add(base, m.offset)
}

// integer reads an integer of a struct; 0 if the release has none.
func (l *layout) integer(base unsafe.Pointer, name string) int {
	p := l.at(base, name)
	switch l.members[name].kind {
	case 'i':
		return int(*(*int32)(p))
	case 'l':
		return int(*(*int64)(p))
	}
	return 0
}

// array returns address, kind and number of the entries of an array of base, which is the model itself or a
// struct whose sizes are in the model.
func (l *layout) array(model, base unsafe.Pointer, name string) (first unsafe.Pointer, kind byte, count int, ok bool) {
	m, ok := l.members[name]
	if !ok || m.rows == "" {
		return nil, 0, 0, false
	}
	columns, err := strconv.Atoi(m.columns)
	if err != nil {
		columns = l.integer(model, "mjModel "+m.columns)
	}
	return *(*unsafe.Pointer)(unsafe.Add(base, m.offset)), m.kind, l.integer(model, "mjModel "+m.rows) * columns, true
}

// floats returns an array of float64, MuJoCo's own memory.
func (l *layout) floats(model, base unsafe.Pointer, name string) ([]float64, bool) {
	first, kind, count, ok := l.array(model, base, name)
	if !ok || kind != 'd' {
		return nil, false
	}
	return unsafe.Slice((*float64)(first), count), true
}
