"""Where tiers, what they give, and packages stand. The words before a slug are slugs of no tier."""

from django.urls import path

from dashboard.catalog import measures, packages, terms, tiers, usage_prices, views

app_name = "catalog"
urlpatterns = [
    path("", views.index, name="index"),
    path("new/", tiers.new, name="new"),
    path("features/", measures.index, name="measures"),
    path("features/new/", measures.new_feature, name="new_feature"),
    path("features/<slug:slug>/edit/", measures.edit_feature, name="edit_feature"),
    path("meters/new/", measures.new_meter, name="new_meter"),
    path("meters/<slug:slug>/edit/", measures.edit_meter, name="edit_meter"),
    path("packages/", packages.index, name="packages"),
    path("packages/new/", packages.new, name="new_package"),
    path("packages/<slug:slug>/", packages.show, name="package"),
    path("packages/<slug:slug>/edit/", packages.edit, name="edit_package"),
    path("packages/<slug:slug>/price/", packages.price, name="package_price"),
    path("packages/<slug:slug>/archive/", packages.archive, name="archive_package"),
    path("packages/<slug:slug>/restore/", packages.restore, name="restore_package"),
    path("<slug:slug>/", views.show, name="show"),
    path("<slug:slug>/edit/", tiers.edit, name="edit"),
    path("<slug:slug>/archive/", tiers.archive, name="archive"),
    path("<slug:slug>/restore/", tiers.restore, name="restore"),
    path("<slug:slug>/price/", tiers.price, name="price"),
    path("<slug:slug>/price/<int:pk>/retire/", tiers.retire, name="retire"),
    path("<slug:slug>/features/", terms.features, name="features"),
    path("<slug:slug>/quota/<slug:meter>/", terms.quota, name="quota"),
    path("<slug:slug>/quota/<slug:meter>/drop/", terms.drop_quota, name="drop_quota"),
    path("<slug:slug>/usage/<slug:meter>/", usage_prices.usage_price, name="usage_price"),
    path("<slug:slug>/credits/<slug:unit>/", terms.credits, name="credits"),
    path("<slug:slug>/credits/<slug:unit>/drop/", terms.drop_credits, name="drop_credits"),
]
