#!/usr/bin/env python3
"""What a game forgot is said by name, by the compiler: each of these declarations is refused with
the words that its author needs.

usage: declared_misuse_test.py SOURCE_ROOT COMPILER...
"""
import subprocess
import sys
import unittest

ROOT, *COMPILER = sys.argv[1:]

SHIP = """
#include "replica/bounded_list.hpp"
#include "replica/declared.hpp"
using namespace ringtick;
struct Ship {
    FixedVector position, velocity;
    Angle heading;
    int energy = 0;
    float mass = 0;
    bool burning = false;
    bool shown() const { return true; }
    %s
};
struct Rock { FixedVector position; };
static_assert(is_declared<Ship>());
"""
WIRE = "static constexpr auto wire = fields(%s);"
GOOD = "Motion<&Ship::position, &Ship::velocity>{}, Number<&Ship::energy, 0, 100>{}"


def said_of(source):
    """What the compiler says; nothing if it is content."""
    run = subprocess.run([*COMPILER, "-std=c++2b", "-fsyntax-only", "-I", f"{ROOT}/src",
                          "-x", "c++", "-"], input=source, capture_output=True, text=True)
    return run.stderr if run.returncode != 0 else ""


class Misuse(unittest.TestCase):
    def refused(self, members, words, source=SHIP):
        self.assertIn(words, said_of(source % members))

    def test_a_good_declaration_compiles(self):
        self.assertEqual(said_of(SHIP % (WIRE % GOOD)), "")

    def test_no_declaration(self):
        self.refused("", "this entity says nothing of what travels")

    def test_something_else_for_a_declaration(self):
        self.refused("static constexpr int wire = 0;", "has to be made by ringtick::fields")

    def test_a_position_that_is_no_vector(self):
        self.refused(WIRE % "Place<&Ship::heading>{}", "the position has to be a FixedVector")

    def test_a_moving_position_that_is_no_vector(self):
        self.refused(WIRE % "Motion<&Ship::heading, &Ship::velocity>{}",
                     "the position has to be a FixedVector")

    def test_a_velocity_that_is_no_vector(self):
        self.refused(WIRE % "Motion<&Ship::position, &Ship::energy>{}",
                     "the velocity has to be a FixedVector, in units per tick")

    def test_a_float(self):
        self.refused(WIRE % "Number<&Ship::mass, 0, 1>{}",
                     "the member has to be an integer or an enumeration")

    def test_an_empty_range(self):
        self.refused(WIRE % "Number<&Ship::energy, 5, 5>{}", "the range is empty")

    def test_a_number_that_is_none(self):
        self.refused(WIRE % "Number<&Ship::position, 0, 9>{}",
                     "the member has to be an integer or an enumeration")

    def test_a_count_that_has_a_sign(self):
        self.refused(WIRE % "Count<&Ship::energy>{}",
                     "the member has to be an unsigned integer of 32 bits at most")

    def test_a_text_without_memory(self):
        self.refused(WIRE % "Text<&Ship::energy>{}",
                     "the member has to be a BoundedList of characters")

    def test_a_text_of_numbers(self):
        source = SHIP.replace("float mass", "BoundedList<int, 4> numbers; float mass")
        self.refused(WIRE % "Text<&Ship::numbers>{}",
                     "the member has to be a BoundedList of characters", source)

    def test_a_range_that_the_member_cannot_hold(self):
        for type_name, low, high in (("std::uint8_t", 0, 256), ("std::uint32_t", -1, 1),
                                     ("std::int8_t", -129, 0), ("bool", 0, 2)):
            source = SHIP.replace("int energy", f"{type_name} energy")
            self.refused(WIRE % f"Number<&Ship::energy, {low}, {high}>{{}}",
                         "the member's type cannot hold the whole range", source)
        source = SHIP.replace("int energy", "std::uint8_t energy")
        self.assertEqual(said_of(source % (WIRE % "Number<&Ship::energy, 0, 255>{}")), "")

    def test_a_flag_that_is_none(self):
        self.refused(WIRE % "Flag<&Ship::energy>{}", "the member has to be a bool")

    def test_a_direction_that_is_none(self):
        self.refused(WIRE % "Direction<&Ship::energy>{}", "the member has to be an Angle")

    def test_quanta_that_do_not_divide_a_unit(self):
        self.refused(WIRE % "Place<&Ship::position>{.quanta_per_unit = 10}",
                     "a_field_has_unsound_quanta")

    def test_a_motion_rounded_coarser_than_its_tolerance(self):
        for wrong in ("tolerance = 0", "speed_tolerance = 0", "speed_quanta_per_unit = 100",
                      "speed_max = 0"):
            self.refused(WIRE % ("Motion<&Ship::position, &Ship::velocity>{.%s}" % wrong),
                         "a_field_has_unsound_quanta")

    def test_a_direction_of_too_many_bits(self):
        self.refused(WIRE % "Direction<&Ship::heading>{.bits = 17}", "a_field_has_unsound_quanta")

    def test_a_rounding_coarser_than_the_tolerance(self):
        self.refused(WIRE % "Direction<&Ship::heading>{.bits = 8, .tolerance = 0}",
                     "a_tolerance_below_its_rounding")

    def test_nothing_that_says_whether_it_is_shown(self):
        source = SHIP.replace("bool shown() const { return true; }", "")
        self.refused(WIRE % GOOD, "does not say whether there is anything of it to see", source)

    def test_a_member_with_memory_of_its_own(self):
        source = "#include <string>\n" + SHIP.replace("float mass = 0", "std::string name")
        self.refused(WIRE % GOOD, "an entity has to be trivially copyable", source)

    def test_no_fields(self):
        self.refused(WIRE % "", "an entity needs at least one field")

    def test_more_fields_than_a_mask_has_bits(self):
        self.refused(WIRE % ", ".join(["Flag<&Ship::burning>{}"] * 33), "32 fields at the most")

    def test_the_declaration_of_another_struct(self):
        other = ("struct Other { bool on; "
                 "static constexpr auto wire = fields(Flag<&Other::on>{}); };\nstruct Ship {")
        source = SHIP.replace("struct Ship {", other)
        self.refused("static constexpr auto wire = Other::wire;",
                     "the entity's `wire` declares the members of another struct", source)

    def test_members_of_two_structs(self):
        other = "struct Other { FixedVector place; };\nstruct Ship {"
        source = SHIP.replace("struct Ship {", other)
        self.refused(WIRE % ("Place<&Other::place>{}, " + GOOD),
                     "all members have to belong to the same struct", source)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
