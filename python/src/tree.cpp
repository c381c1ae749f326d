// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include "ranvier/error.hpp"

namespace nb = nanobind;

namespace ranvier::python {
namespace {

using Reals = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Integers = nb::ndarray<const std::int64_t, nb::c_contig, nb::device::cpu>;

template <class T, class Array>
std::shared_ptr<const std::vector<T>> copy(const Array& array) {
  return std::make_shared<const std::vector<T>>(array.data(), array.data() + array.size());
}

template <class Array>
void shape(const Array& array, const std::string& path, io::Node& node) {
  if (array.ndim() != 1 && array.ndim() != 2) throw InputError(fmt::format("{}: an array of {} dimensions; one is needed, or two for places", path, array.ndim()));
  node.kind = io::Node::Kind::numbers;
  node.width = array.ndim() == 2 ? array.shape(1) : 1;
}

bool numbers(nb::handle object, const std::string& path, io::Node& node) {
  if (Reals reals; nb::try_cast(object, reals, false)) {
    shape(reals, path, node);
    node.reals = copy<double>(reals);
    return true;
  }
  if (Integers integers; nb::try_cast(object, integers, false)) {
    shape(integers, path, node);
    node.integers = copy<std::int64_t>(integers);
    return true;
  }
  return false;
}

void table(nb::handle object, const std::string& path, io::Node& node) {
  for (auto [key, value] : nb::cast<nb::dict>(object)) {
    std::string name;
    if (!nb::try_cast(key, name)) throw InputError(fmt::format("{}: a key is of type {}; keys are texts", path, nb::type_name(key.type()).c_str()));
    if (value.is_none()) continue;  // not given
    node.entries.push_back({name, to_node(value, path.empty() ? name : path + "." + name)});
  }
}

}  // namespace

io::Node to_node(nb::handle object, const std::string& path) {
  io::Node node;
  if (nb::isinstance<nb::dict>(object)) {
    table(object, path, node);
  } else if (nb::isinstance<nb::list>(object) || nb::isinstance<nb::tuple>(object)) {
    node.kind = io::Node::Kind::array;
    std::size_t i = 0;
    for (nb::handle item : nb::borrow<nb::object>(object)) node.items.push_back(to_node(item, fmt::format("{}[{}]", path, i++)));
  } else if (nb::isinstance<nb::str>(object)) {
    node.kind = io::Node::Kind::text;
    node.text = nb::cast<std::string>(object);
  } else if (nb::isinstance<nb::bool_>(object)) {
    node.kind = io::Node::Kind::boolean;
    node.boolean = nb::cast<bool>(object);
  } else if (nb::isinstance<nb::int_>(object)) {
    node.kind = io::Node::Kind::integer;
    if (!nb::try_cast(object, node.integer)) throw InputError(fmt::format("{}: a whole number beyond 2^63", path));
    node.real = static_cast<double>(node.integer);
  } else if (nb::isinstance<nb::float_>(object)) {
    node.kind = io::Node::Kind::real;
    node.real = nb::cast<double>(object);
  } else if (!numbers(object, path, node)) {
    throw InputError(fmt::format("{}: a network has no place for a {}; give a number, a text such as \"20 ms\", a list, a dict or an array of numbers", path.empty() ? "network" : path,
                                 nb::type_name(nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(object.ptr())))).c_str()));
  }
  return node;
}

}  // namespace ranvier::python
