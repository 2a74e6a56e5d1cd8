"""`{% load members %}`"""

from django import template

from dashboard.staff.browsers import browser_name

register = template.Library()
register.filter("browser_name", browser_name)
